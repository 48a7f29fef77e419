"""Delivering webhooks by HTTP, to addresses that were looked at just before."""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from datetime import datetime

import httpx

from taskyard_operator.core.destinations import Destinations
from taskyard_operator.core.webhook import Webhook
from taskyard_operator.ports import Rejected, Unavailable
from taskyard_operator.webhooks.keys import SigningKeys, signing_keys
from taskyard_operator.webhooks.resolver import Resolver
from taskyard_operator.webhooks.settings import WebhookSettings

_GONE = 410
"""By Standard Webhooks the answer of who wants to hear no more."""


class WebhookSender:
    """A `CallbackSender`.

    The host of a URL is resolved once, and what is connected to is an address that was found fit: a name
    that leads elsewhere a moment later leads nowhere. No redirect is followed, no proxy is asked, and
    nothing of an answer is read but its status.

    Args:
        keys: what messages are signed with.
        destinations: where they may go.
        timeout: seconds that a delivery may take.
        at_a_time: the most deliveries at once, each of which may wait for a name to be resolved.
    """

    def __init__(
        self, keys: SigningKeys, destinations: Destinations, timeout: float, at_a_time: int
    ) -> None:
        self._keys = keys
        self._destinations = destinations
        self._timeout = timeout
        self._resolver = Resolver(at_a_time)
        # Else each URL is a line in the log, and may hold a secret of its receiver.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._http = httpx.AsyncClient(
            verify=_trusted(),
            timeout=timeout,
            trust_env=False,
            # A connection is to an address, and may not be used again for another host there.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Let go of what it holds."""
        await self._http.aclose()
        self._resolver.close()

    async def send(self, webhook: Webhook, at: datetime) -> None:
        """Deliver a message; see `CallbackSender.send`."""
        if fault := self._destinations.fault_of(webhook.url):
            raise Rejected(f"The URL {fault}.")
        try:
            url = httpx.URL(webhook.url)
        except httpx.InvalidURL as error:
            raise Rejected(f"The URL cannot be read: {error}.") from error
        try:
            async with asyncio.timeout(self._timeout):
                status = await self._post(url, webhook, at)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Unavailable(f"{url.host} gave no answer in {self._timeout:g} s.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"{url.host} cannot be reached: {_told(error)}.") from error
        _judge(url.host, status)

    async def _post(self, url: httpx.URL, webhook: Webhook, at: datetime) -> int:
        """The status of the answer, at the first address that takes a connection."""
        headers = {
            "content-type": "application/json",
            "host": url.netloc.decode("ascii"),
            "user-agent": "taskyard",
            "webhook-id": webhook.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._keys.signature(webhook.id, at, webhook.body),
        }
        *others, last = await self._addresses(url)
        for address in others:
            try:
                return await self._post_to(address, url, webhook, headers)
            except httpx.ConnectError:
                continue
        return await self._post_to(last, url, webhook, headers)

    async def _post_to(
        self, address: str, url: httpx.URL, webhook: Webhook, headers: dict[str, str]
    ) -> int:
        request = self._http.build_request(
            "POST",
            url.copy_with(host=address),
            content=webhook.body.encode(),
            headers=headers,
            extensions={"sni_hostname": _host(url)},
        )
        answer = await self._http.send(request, stream=True)
        await answer.aclose()
        return answer.status_code

    async def _addresses(self, url: httpx.URL) -> list[str]:
        """The addresses of the host that may be called."""
        host = _host(url)
        try:
            found = await self._resolver.addresses(host)
        except (OSError, UnicodeError) as error:
            raise Unavailable(f"The host {url.host} is not known.") from error
        fit = [address for address in found if self._destinations.allows(host, address)]
        if not fit:
            raise Unavailable(
                f"{url.host} has no address that may be called: it must be public, or allowed by "
                "webhooks.allowedHosts or webhooks.allowedNetworks."
            )
        return fit


def sender_of(settings: WebhookSettings, environment: Mapping[str, str]) -> WebhookSender | None:
    """A sender by the settings, with the keys of the environment; None where webhooks are off.

    Raises:
        ValueError: they are on, and there are no keys that can be used.
    """
    if not settings.enabled:
        return None
    return WebhookSender(
        signing_keys(environment),
        settings.destinations,
        settings.timeout_seconds,
        settings.max_concurrent,
    )


def _host(url: httpx.URL) -> str:
    """The host as it goes over the wire, where `httpx.URL.host` is as it is shown."""
    return url.raw_host.decode("ascii").strip("[]")


def _judge(host: str, status: int) -> None:
    if 200 <= status < 300:
        return
    if status == _GONE:
        raise Rejected(f"{host} answered 410: it wants to hear no more.")
    if 300 <= status < 400:
        raise Unavailable(f"{host} answered {status}, and redirects are not followed.")
    raise Unavailable(f"{host} answered {status}.")


def _told(error: httpx.HTTPError) -> str:
    return str(error).rstrip(".") or type(error).__name__


def _trusted() -> ssl.SSLContext:
    """The authorities of certifi, or those of the file in SSL_CERT_FILE."""
    return httpx.create_ssl_context()
