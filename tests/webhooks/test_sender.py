"""How a webhook gets to its receiver, and where it does not go."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from taskyard_operator.core.destinations import Destinations
from taskyard_operator.core.webhook import Webhook
from taskyard_operator.ports import Rejected, Unavailable
from taskyard_operator.webhooks.sender import WebhookSender

from .conftest import Authority, new_sender
from .receiver import ENDLESS, KEY, OTHER_KEY, SILENCE, Receiver, receiving

BODY = '{"type":"task.succeeded","data":{"message":"fünf"}}'


async def send(sender: WebhookSender, url: str) -> None:
    await sender.send(Webhook("id-1", url, BODY), datetime.now(UTC))


async def test_it_is_signed_by_every_key(sender: WebhookSender, receiver: Receiver) -> None:
    await send(sender, f"{receiver.url}?of=nlp")

    (got,) = receiver.received
    assert got.path == "/done?of=nlp"
    assert got.verified(KEY) == got.verified(OTHER_KEY)
    assert got.verified()["data"] == {"message": "fünf"}
    assert (got.id, got.headers["content-type"]) == ("id-1", "application/json")
    assert got.headers["host"] == f"localhost:{receiver.server.server_port}"


async def test_it_goes_over_tls_to_the_name_though_an_address_is_called(
    sender: WebhookSender, safe_receiver: Receiver
) -> None:
    await send(sender, safe_receiver.url)

    (got,) = safe_receiver.received
    assert got.verified()


async def test_a_certificate_of_another_name_is_not_trusted(
    sender: WebhookSender, authority: Authority
) -> None:
    with receiving(authority.context("elsewhere.example")) as impostor:
        with pytest.raises(Unavailable, match=r"localhost cannot be reached: .*certificate"):
            await send(sender, impostor.url)

        assert impostor.received == []


async def test_nothing_of_a_url_gets_into_the_log(
    sender: WebhookSender, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    await send(sender, f"{receiver.url}?key=hunter2")

    assert receiver.received
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
async def test_an_answer_that_is_no_success_is_a_failure(
    sender: WebhookSender, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status]

    with pytest.raises(Unavailable, match=f"^localhost answered {status}\\.$"):
        await send(sender, receiver.url)


async def test_a_receiver_that_is_gone_for_good_gets_no_more(
    sender: WebhookSender, receiver: Receiver
) -> None:
    receiver.answers = [410]

    with pytest.raises(Rejected, match="wants to hear no more"):
        await send(sender, receiver.url)


async def test_a_redirect_is_not_followed(sender: WebhookSender, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.answers = [elsewhere.url]

        with pytest.raises(Unavailable, match="307, and redirects are not followed"):
            await send(sender, receiver.url)

        assert elsewhere.received == []


async def test_an_answer_without_an_end_is_not_read(
    sender: WebhookSender, receiver: Receiver
) -> None:
    receiver.answers = [ENDLESS]

    async with asyncio.timeout(10):
        await send(sender, receiver.url)


async def test_a_receiver_that_says_nothing_is_not_waited_for(receiver: Receiver) -> None:
    receiver.answers = [SILENCE]
    hasty = new_sender(timeout=0.2)

    with pytest.raises(Unavailable, match=r"localhost gave no answer in 0\.2 s"):
        await send(hasty, receiver.url)

    await hasty.close()


async def test_a_name_that_leads_inside_is_not_called(receiver: Receiver) -> None:
    strict = new_sender(Destinations(plain_http=True))

    with pytest.raises(Unavailable, match="localhost has no address that may be called"):
        await send(strict, receiver.url)

    assert receiver.received == []
    await strict.close()


async def test_a_name_is_resolved_once_and_cannot_lead_elsewhere_then(
    sender: WebhookSender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, asked = socket.getaddrinfo, []

    def noted(host: str, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", noted)

    await send(sender, receiver.url)

    assert asked.count("localhost") == 1


async def test_a_name_that_leads_inside_may_be_allowed(receiver: Receiver) -> None:
    told = new_sender(Destinations(plain_http=True, hosts=frozenset({"localhost"})))

    await send(told, receiver.url)

    assert len(receiver.received) == 1
    await told.close()


@pytest.mark.parametrize(
    "names", [["slow"] * 6, ["a", "b", "c", "d", "e", "f"]], ids=["one", "many"]
)
async def test_names_that_are_slow_to_resolve_hold_up_no_others(
    names: list[str], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, answer, asked = socket.getaddrinfo, threading.Event(), list[str]()

    def sluggish(host: str, *rest: Any, **more: Any) -> Any:
        if host.endswith(".example"):
            asked.append(host)
            answer.wait()
            raise socket.gaierror("no answer")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", sluggish)
    hasty = new_sender(timeout=0.5)
    try:
        sent = [send(hasty, f"https://{name}.example/") for name in names]
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            assert isinstance(outcome, Unavailable)
        await send(hasty, receiver.url)
    finally:
        answer.set()
        await hasty.close()

    assert len(receiver.received) == 1
    assert sorted(asked) == sorted({f"{name}.example" for name in names})


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.2/", None),
        ("https://10.0.0.1/", "no public address"),
        ("https://user:secret@localhost/", "user name or a password"),
        ("localhost/done", "absolute URL"),
    ],
)
async def test_a_url_is_judged_anew_when_it_is_called(
    sender: WebhookSender, url: str, why: str | None
) -> None:
    with pytest.raises(Rejected if why else Unavailable, match=why or "cannot be reached"):
        await send(sender, url)


async def test_a_host_that_nobody_knows_is_said_to_be(sender: WebhookSender) -> None:
    with pytest.raises(Unavailable, match=r"The host nobody\.invalid is not known"):
        await send(sender, "https://nobody.invalid/")


async def test_no_proxy_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    direct = new_sender()

    await send(direct, receiver.url)

    assert len(receiver.received) == 1
    await direct.close()
