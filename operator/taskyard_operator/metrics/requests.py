"""Requests that a process makes: to the API server, and to the object store."""

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Buckets for what takes milliseconds and should never take half a minute."""


class RequestMetrics:
    """Counts requests as they are answered, or not."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._api = Counter(
            "taskyard_api_requests",
            "Requests to the API server, without those of the watches; code <error> is no answer",
            ["verb", "resource", "code"],
            registry=registry,
        )
        self._api_seconds = Histogram(
            "taskyard_api_request_seconds",
            "How long requests to the API server took",
            ["verb", "resource"],
            buckets=SECONDS,
            registry=registry,
        )
        self._store = Counter(
            "taskyard_store_requests",
            "Requests to the object store: done, missing (no such object) or failed",
            ["operation", "outcome"],
            registry=registry,
        )

    def api_answered(self, verb: str, resource: str, code: int | None, seconds: float) -> None:
        """The API server answered with a code, or (None) it did not."""
        self._api.labels(verb, resource, "<error>" if code is None else code).inc()
        self._api_seconds.labels(verb, resource).observe(seconds)

    def store_answered(self, operation: str, outcome: str) -> None:
        """The object store answered, or did not."""
        self._store.labels(operation, outcome).inc()
