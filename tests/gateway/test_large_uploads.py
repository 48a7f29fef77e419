"""Large bodies have so many places, and the others wait for one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.objects.store import BucketStore
from tests.cluster.object_store import S3Server
from tests.engine.world import until

from .bodies import FORM, Part, form
from .conftest import StartGateway, submitted
from .place import Place
from .process import Gateway
from .uploads import unfinished_uploads

HEADERS = {"content-type": FORM}
HEAD, TAIL = form(Part("document", b"|", "slow.bin")).split(b"|")


class Slow:
    """A body of unknown size that goes on until it is told to end."""

    def __init__(self) -> None:
        self.begun, self.goes_on = Event(), Event()

    def __iter__(self) -> Iterator[bytes]:
        yield HEAD
        self.begun.set()
        while not self.goes_on.wait(0.05):
            yield b"x" * 1000
        yield TAIL


def _upload(gateway: Gateway, body: Iterator[bytes]) -> str:
    with gateway.client() as http:
        return submitted(http.post("/convert/submit", content=body, headers=HEADERS))


def _upload_small(gateway: Gateway) -> None:
    with gateway.client() as http:
        small = form(Part("document", b"x", "x.txt"))
        submitted(http.post("/convert/submit", content=small, headers=HEADERS))


def test_a_large_upload_waits_for_another_and_a_small_one_does_not(
    place: Place, start_gateway: StartGateway
) -> None:
    with (
        start_gateway(place, rootService="studio", maxUploads=1) as gateway,
        ThreadPoolExecutor() as threads,
    ):
        slow = Slow()
        first = threads.submit(_upload, gateway, iter(slow))
        try:
            assert slow.begun.wait(10)
            _upload_small(gateway)
            second = threads.submit(_upload, gateway, iter([HEAD, TAIL]))
            _upload_small(gateway)
            assert not second.done()
        finally:
            slow.goes_on.set()
        assert first.result(30) != second.result(30)


def test_who_has_waited_too_long_is_told_to_come_again(
    place: Place, start_gateway: StartGateway
) -> None:
    settings = {"rootService": "studio", "maxUploads": 1, "bodySilenceSeconds": 1}
    with start_gateway(place, **settings) as gateway, ThreadPoolExecutor() as threads:
        slow = Slow()
        first = threads.submit(_upload, gateway, iter(slow))
        try:
            assert slow.begun.wait(10)
            _upload_small(gateway)
            with gateway.client() as http:
                body = iter([HEAD, TAIL])
                answer = http.post("/convert/submit", content=body, headers=HEADERS)
        finally:
            slow.goes_on.set()
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "gateway.maxUploads" in answer.json()["error"]
        assert first.result(30)


async def test_an_upload_that_is_cut_off_leaves_no_parts(opened_store: S3Server) -> None:
    prefix = f"cut-off-{secrets.token_hex(4)}"
    url = f"s3://{opened_store.bucket}/{prefix}"
    store = BucketStore(StorageSettings(url=url, endpoint=opened_store.endpoint))
    stalled = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(1024**2)
        stalled.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(store.put("input", body()))
    await asyncio.wait_for(stalled.wait(), 30)
    await until(lambda: unfinished_uploads(opened_store, prefix) != [])
    upload.cancel()
    await asyncio.wait([upload])

    assert upload.cancelled()
    assert unfinished_uploads(opened_store, prefix) == []
