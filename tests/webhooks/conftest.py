"""Receivers with a certificate, and senders that may reach them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from taskyard_operator.core.destinations import Destinations
from taskyard_operator.webhooks.keys import KEYS_VARIABLE, signing_keys
from taskyard_operator.webhooks.sender import WebhookSender

from .receiver import KEY, OTHER_KEY, Receiver, receiving

LOOPBACK = Destinations(plain_http=True, allowed=(ip_network("127.0.0.0/8"),))


@dataclass(frozen=True)
class Authority:
    """Who signs certificates, and the file by which others trust in it."""

    authority: trustme.CA
    file: Path

    def context(self, name: str) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate for a name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(file)
    return Authority(made, file)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One without TLS."""
    with receiving() as made:
        yield made


@pytest.fixture
def safe_receiver(authority: Authority) -> Iterator[Receiver]:
    """One with TLS, whose certificate is for its name and not for its address."""
    with receiving(authority.context("localhost")) as made:
        yield made


def new_sender(destinations: Destinations = LOOPBACK, timeout: float = 20) -> WebhookSender:
    keys = signing_keys({KEYS_VARIABLE: f"{KEY} {OTHER_KEY}"})
    return WebhookSender(keys, destinations, timeout, at_a_time=2)


@pytest.fixture
async def sender(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WebhookSender]:
    """One that may call loopback, and trusts in the authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    made = new_sender()
    yield made
    await made.close()
