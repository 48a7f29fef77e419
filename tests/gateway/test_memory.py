"""Payloads pass through the gateway and never fill it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .bodies import FORM, Part, form, picture
from .conftest import StartGateway, submitted
from .place import Place
from .process import Gateway

MIB = 1024**2
BLOCKS, BLOCK = 200, MIB


@pytest.fixture
def fresh(place: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    """A gateway that has done nothing yet but a small upload, which loads what an upload needs."""
    with start_gateway(place, rootService="studio") as gateway, gateway.client() as http:
        small = form(Part("document", b"x", "x.txt"))
        submitted(http.post("/convert/submit", content=small, headers={"content-type": FORM}))
        yield gateway


def _blocks() -> Iterator[bytes]:
    return (bytes([number % 251]) * BLOCK for number in range(BLOCKS))


def test_an_upload_of_200_megabytes_costs_less_than_100(fresh: Gateway, place: Place) -> None:
    head, tail = form(Part("document", b"|", "large.bin")).split(b"|")
    digest = hashlib.sha256()

    def body() -> Iterator[bytes]:
        for piece in (head, *_blocks(), tail):
            digest.update(piece)
            yield piece

    idle = fresh.memory()
    with fresh.client() as http:
        answer = http.post("/convert/submit", content=body(), headers={"content-type": FORM})
    task_id = submitted(answer)

    assert fresh.memory().peak - idle.now < 100 * MIB
    source = place.run(task_id)["spec"]["input"]["object"]
    assert source["size"] == len(head) + BLOCKS * BLOCK + len(tail)
    assert source["sha256"] == digest.hexdigest() == place.digest(source["key"])
    place.remove(source["key"])


def test_a_result_of_200_megabytes_costs_less_than_100(fresh: Gateway, place: Place) -> None:
    with fresh.client() as http:
        task_id = submitted(http.post("/echo/submit", json={"value": 1}))
        place.succeed(task_id, b"".join(_blocks()), "application/octet-stream")

        idle = fresh.memory()
        digest = hashlib.sha256()
        with http.stream("GET", "/echo/get", params={"task_id": task_id}) as answer:
            for chunk in answer.iter_raw():
                digest.update(chunk)

    assert fresh.memory().peak - idle.now < 100 * MIB
    assert digest.hexdigest() == answer.headers["etag"].strip('"')
    place.remove(f"{place.namespace}/{task_id}/1/result")


def test_a_picture_that_is_looked_at_is_not_held_in_memory(fresh: Gateway, place: Place) -> None:
    padded = picture("JPEG") + bytes(150 * MIB)
    body = form(Part("picture", padded, "large.jpg", "image/jpeg"))

    idle = fresh.memory()
    with fresh.client() as http:
        answer = http.post("/describe/submit", content=body, headers={"content-type": FORM})
    task_id = submitted(answer)

    assert fresh.memory().peak - idle.now < 100 * MIB
    place.remove(f"{place.namespace}/{task_id}/input")


@pytest.mark.parametrize(
    ("y", "status"), [("0.5", 200), ('"no"', 400)], ids=["fit", "unfit at its end"]
)
def test_large_json_keeps_nobody_else_waiting(fresh: Gateway, y: str, status: int) -> None:
    point = '{"x": 0.25, "y": 0.5}'
    body = f'{{"points": [{f"{point}," * 100_000} {{"x": 1, "y": {y}}}]}}'.encode()

    def submit() -> tuple[int, float]:
        with fresh.client() as http:
            began = time.monotonic()
            answer = http.post("/measure/submit", content=body)
            return answer.status_code, time.monotonic() - began

    longest = 0.0
    with ThreadPoolExecutor(1) as threads, fresh.client() as http:
        submitting = threads.submit(submit)
        while not submitting.done():
            began = time.monotonic()
            assert http.get("/livez").status_code == 200
            longest = max(longest, time.monotonic() - began)

    code, took = submitting.result()
    assert code == status
    assert longest < took / 2


def test_a_result_may_take_longer_than_the_store_may_take_to_answer(
    place: Place, start_gateway: StartGateway
) -> None:
    storage = {"timeoutSeconds": 1}
    with (
        start_gateway(place, storage=storage, rootService="studio") as gateway,
        gateway.client() as http,
    ):
        task_id = submitted(http.post("/echo/submit", json={"value": 1}))
        place.succeed(task_id, b"".join(_blocks()), "application/octet-stream")
        began, size = time.monotonic(), 0
        with http.stream("GET", "/echo/get", params={"task_id": task_id}) as answer:
            for chunk in answer.iter_raw(4 * MIB):
                size += len(chunk)
                # A slow reader: each chunk in its time, eight seconds in all.
                while time.monotonic() - began < 8 * size / (BLOCKS * BLOCK):
                    time.sleep(0.01)

    assert size == BLOCKS * BLOCK
    place.remove(f"{place.namespace}/{task_id}/1/result")


def test_large_values_in_forms_that_come_at_once_are_checked_one_after_the_other(
    fresh: Gateway,
) -> None:
    points = "[" + ",".join(['{"x":1,"y":2}'] * 80_000) + ', {"x": 1, "y": "no"}]'
    body = form(Part("points", points.encode()))

    def submit(_: int) -> int:
        with fresh.client() as http:
            headers = {"content-type": FORM}
            return http.post("/measure/submit", content=body, headers=headers).status_code

    with ThreadPoolExecutor(4) as threads:
        assert submit(0) == 400
        alone = fresh.memory().peak
        assert set(threads.map(submit, range(4))) == {400}

    assert fresh.memory().peak - alone < 50 * MIB
