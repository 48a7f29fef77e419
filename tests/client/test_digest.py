"""What came is what was stored, or there is an error: `Repr-Digest` is checked."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import httpx
import pytest
from fastapi import Response

import taskyard
from taskyard._client._outcomes import Failure, Outcome, Reply, Request
from taskyard._client._receiving import Downloads

from .peer import Peer

STORED = b"pages of a report"
PROMISE = f"sha-256=:{base64.b64encode(hashlib.sha256(STORED).digest()).decode()}:"


def answer(body: bytes) -> Response:
    return Response(body, headers={"repr-digest": PROMISE})


def received(body: bytes, promise: str, folder: Downloads | None = None) -> Outcome:
    """What a client makes of a body that came with this promise; a file where there is a folder."""
    request = Request("GET", "http://tasks.test/convert/get", to_file=folder is not None)
    response = httpx.Response(
        200, headers={"repr-digest": promise}, request=httpx.Request("GET", request.url)
    )
    with (folder or Downloads()).receiver(request, response) as receiver:
        receiver.write(body)
        return receiver.reply(response)


@pytest.mark.parametrize(
    "promise",
    [
        PROMISE,
        f"sha-512=:{'A' * 86}==:, {PROMISE}",
        "",
        f"md5=:{'A' * 22}==:",
        "sha-256=a word",
        "sha-256=:AAAA:",
    ],
)
def test_a_body_that_is_as_promised_or_that_nothing_was_promised_of_is_taken(promise: str) -> None:
    outcome = received(STORED, promise)

    assert isinstance(outcome, Reply)
    assert outcome.body == STORED


def test_a_body_that_is_not_as_promised_is_told_of_with_both_digests() -> None:
    outcome = received(STORED[:-1], PROMISE)

    assert isinstance(outcome, Failure)
    told = str(outcome.error)
    assert told.startswith("the result from http://tasks.test/convert/get was damaged on its way: ")
    assert hashlib.sha256(STORED).hexdigest() in told
    assert hashlib.sha256(STORED[:-1]).hexdigest() in told


def test_nothing_is_left_of_a_file_that_was_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert isinstance(received(b"torn", PROMISE, Downloads()), Failure)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_result_that_was_damaged_is_fetched_again(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.answers("/convert/get", answer(b"torn"), answer(STORED))

    assert client.convert.get("a").read_bytes() == STORED
    assert len(peer.requests("/convert/get")) == 2


async def test_so_does_the_asynchronous_client(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    peer.answers("/raw/get", answer(b"torn"), answer(STORED))

    assert await async_client.raw.get("a") == STORED
    assert len(peer.requests("/raw/get")) == 2
