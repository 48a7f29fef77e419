"""Growing objects are read by their ends and in parts, from a bucket and from a folder."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

import pytest

from taskyard_operator.local.folder_store import FolderStore
from taskyard_operator.local.signed_urls import SignedUrls, kept_secret
from taskyard_operator.objects.store import BucketStore
from taskyard_operator.ports import Conflict, FoundEnd, Missing
from taskyard_operator.settings import StorageSettings
from tests.cluster.object_store import S3Server


@pytest.fixture(params=["bucket", "folder"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> BucketStore:
    if request.param == "folder":
        urls = SignedUrls("http://x", kept_secret(tmp_path / "secret"), timedelta(days=1))
        return FolderStore(tmp_path / "objects", urls)
    server: S3Server = request.getfixturevalue("object_store")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
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
    object_store: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", object_store.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", object_store.secret_key)
    url = f"s3://{object_store.bucket}/streams-{secrets.token_hex(4)}"
    settings = StorageSettings(url=url, endpoint=object_store.endpoint, region=object_store.region)
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
