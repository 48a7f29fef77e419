"""Growing objects are read by their ends and in parts, from a bucket and from a folder."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from taskyard_operator.local.folder_store import FolderStore
from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.objects.store import BucketStore
from taskyard_operator.ports import Conflict, FoundEnd, Missing, Unavailable
from tests.cluster.object_store import S3Server


@pytest.fixture(params=["bucket", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BucketStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    server: S3Server = request.getfixturevalue("opened_store")
    url = f"s3://{server.bucket}/streams-{secrets.token_hex(4)}"
    return BucketStore(StorageSettings(url=url, endpoint=server.endpoint, region=server.region))


async def found(store: BucketStore, limit: int = 100, tag: str | None = None) -> FoundEnd | None:
    return await store.end_unless("log", limit, tag)


async def test_an_end_is_told_once_for_each_state_of_an_object(store: BucketStore) -> None:
    await store.put_bytes("log", b"one two")
    first = await found(store, 3)
    assert first
    assert (first.body, first.size) == (b"two", 7)
    assert await found(store, 3, first.e_tag) is None

    await store.put_bytes("log", b"one two three")
    second = await found(store, 100, first.e_tag)

    assert second
    assert (second.body, second.size) == (b"one two three", 13)
    await store.delete("log")


async def test_an_object_without_a_byte_has_an_end(store: BucketStore) -> None:
    await store.put_bytes("log", b"")

    empty = await found(store)

    assert empty
    assert (empty.body, empty.size) == (b"", 0)
    assert await found(store, 100, empty.e_tag) is None
    await store.delete("log")


async def test_a_part_is_that_of_the_object_that_was_found(store: BucketStore) -> None:
    await store.put_bytes("log", b"one two")
    end = await found(store)
    assert end
    assert await store.part("log", 4, 6, end.e_tag) == b"tw"

    await store.put_bytes("log", b"another one")

    with pytest.raises(Conflict):
        await store.part("log", 4, 6, end.e_tag)
    assert await store.part("log", 4, 6, None) == b"he"
    await store.delete("log")


async def test_what_nobody_has_written_is_missing(store: BucketStore) -> None:
    with pytest.raises(Missing):
        await found(store)
    with pytest.raises(Missing):
        await store.part("log", 0, 1, None)


async def test_an_answer_that_nothing_has_changed_is_no_failure_of_the_store(
    opened_store: S3Server,
) -> None:
    url = f"s3://{opened_store.bucket}/streams-{secrets.token_hex(4)}"
    settings = StorageSettings(url=url, endpoint=opened_store.endpoint, region=opened_store.region)
    outcomes: list[str] = []
    store = BucketStore(settings, lambda _, outcome: outcomes.append(outcome))
    await store.put_bytes("log", b"one")
    end = await found(store)
    assert end

    assert await found(store, 100, end.e_tag) is None
    assert not await store.put_new("log", b"another")
    await store.put_bytes("log", b"one two")
    with pytest.raises(Conflict):
        await store.part("log", 0, 1, end.e_tag)

    assert set(outcomes) == {"done"}
    await store.delete("log")


async def listed(store: BucketStore, folder: str, start_after: str = "") -> list[str]:
    return [key async for portion in store.list(folder, start_after) for key in portion]


async def test_keys_are_listed_in_order_also_from_one_on(store: BucketStore) -> None:
    keys = [f"runs/{name}" for name in ("0", "a", "a-1", "a.b", "a_", "aa", "b", "é")]
    others = ["runs-2/a", "run", "runs.b"]
    for key in reversed([*keys, *others]):
        await store.put_bytes(key, b"x")

    everything = await listed(store, "runs")
    assert everything == sorted(keys)
    for number, key in enumerate(everything):
        assert await listed(store, "runs", key) == everything[number + 1 :]
    assert await listed(store, "runs", "runs/a0") == ["runs/a_", "runs/aa", "runs/b", "runs/é"]
    assert await listed(store, "runs", "runs/zz") == ["runs/é"]
    assert await listed(store, "nothing", "nothing/a") == []
    await store.delete_many([*keys, *others])


async def test_many_keys_come_in_portions_and_in_order(store: BucketStore) -> None:
    keys = [f"many/{number:04d}" for number in range(450)]
    await asyncio.gather(*(store.put_bytes(key, b"") for key in keys))

    portions = [portion async for portion in store.list("many", "many/0010")]

    assert [key for portion in portions for key in portion] == keys[11:]
    await store.delete_many(keys)


@pytest.fixture
async def nowhere() -> AsyncIterator[str]:
    """An address at which nobody knows a bucket: whatever is asked for is not found."""

    async def answer(asked: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
        await asked.readuntil(b"\r\n\r\n")
        told.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await told.drain()
        told.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield "http://{}:{}".format(*server.sockets[0].getsockname())


async def test_a_store_without_the_bucket_takes_nothing_and_may_be_asked_again(
    nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stores something must not hear that it is missing: that may mean to others that it is gone."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "unknown")
    store = BucketStore(StorageSettings(url="s3://nobody-made/it", endpoint=nowhere))

    with pytest.raises(Unavailable, match="has no such bucket"):
        await store.put_bytes("record", b"{}")
    with pytest.raises(Missing):
        await store.get_small("record", 10)


async def test_of_an_object_that_is_replaced_while_it_is_read_nothing_more_is_given(
    store: BucketStore,
) -> None:
    await store.put_bytes("result", bytes(5 * 1024**2))
    body = store.get("result")
    assert await anext(body)

    await store.put_bytes("result", b"x" * 5 * 1024**2)

    with pytest.raises(Unavailable):
        assert not any([b"x" in chunk async for chunk in body])
    await store.delete("result")
