"""What happens at the gateway: requests, their bytes, and uploads under way."""

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)
"""Buckets from a status that is asked for to a body of gigabytes."""
_ROUTE = ["route", "method"]


class GatewayMetrics:
    """Measures an application from around it, where all bytes pass."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "taskyard_http_requests",
            "Requests that were answered; where no route was found the route is empty, and where nobody "
            "waited for the answer the code is 499",
            [*_ROUTE, "code"],
            registry=registry,
        )
        self.seconds = Histogram(
            "taskyard_http_request_seconds",
            "From the first byte of a request to the last one of its answer",
            _ROUTE,
            buckets=_SECONDS,
            registry=registry,
        )
        self.received = Counter(
            "taskyard_http_received_bytes",
            "Bytes of the bodies of requests",
            _ROUTE,
            registry=registry,
        )
        self.sent = Counter(
            "taskyard_http_sent_bytes", "Bytes of the bodies of answers", _ROUTE, registry=registry
        )
        self.uploads = Gauge(
            "taskyard_http_open_uploads",
            "Requests whose body has begun to come and has not come whole",
            registry=registry,
        )

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, measured."""

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            exchange = _Exchange(self, receive, send)
            try:
                await app(scope, exchange.receive, exchange.send)
            finally:
                exchange.end(scope)

        return measured


class _Exchange:
    """One request and its answer."""

    def __init__(self, metrics: GatewayMetrics, receive: Receive, send: Send) -> None:
        self._metrics = metrics
        self._receive = receive
        self._send = send
        self._began = time.monotonic()
        self._received = self._sent = 0
        self._code = 499
        self._uploading = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        self._upload_goes_on(bool(message.get("more_body")))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._code = message["status"]
        await self._send(message)
        self._sent += len(message.get("body", b""))

    def end(self, scope: Scope) -> None:
        self._upload_goes_on(False)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        labels = (_template(scope), method)
        self._metrics.requests.labels(*labels, self._code).inc()
        self._metrics.seconds.labels(*labels).observe(time.monotonic() - self._began)
        self._metrics.received.labels(*labels).inc(self._received)
        self._metrics.sent.labels(*labels).inc(self._sent)

    def _upload_goes_on(self, so: bool) -> None:
        if so != self._uploading:
            self._metrics.uploads.inc(1 if so else -1)
            self._uploading = so


def _template(scope: Scope) -> str:
    """The route as the program has it, so that there are no more; the same for a service and at the root."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", "")).removeprefix("/services/{service}")
