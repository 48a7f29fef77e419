"""Of several who store an object under one key, a real S3 server lets exactly one be the first."""

from __future__ import annotations

import asyncio

import pytest

from taskyard_operator.objects.store import BucketStore


async def test_the_first_object_of_a_key_stays(bucket: BucketStore) -> None:
    assert await bucket.put_new("team/key", b"first")
    assert not await bucket.put_new("team/key", b"second")

    assert await bucket.get_small("team/key", 100) == b"first"


@pytest.mark.parametrize("many", [2, 3, 8])
async def test_of_many_at_once_one_is_the_first(bucket: BucketStore, many: int) -> None:
    for round_ in range(3):
        key = f"team/{round_}"
        told = await asyncio.gather(*(bucket.put_new(key, b"%d" % n) for n in range(many)))

        assert told.count(True) == 1
        assert await bucket.get_small(key, 100) == b"%d" % told.index(True)


async def test_a_key_is_free_again_once_its_object_is_gone(bucket: BucketStore) -> None:
    assert await bucket.put_new("team/key", b"first")
    await bucket.delete("team/key")

    assert await bucket.put_new("team/key", b"second")
