"""Objects on a file system: no file has others below it, and one that is gone is told of."""

from __future__ import annotations

from pathlib import Path

from taskyard_operator.core.claim import claim_marker
from taskyard_operator.core.expiry import INDEX, Deleted, deletion_marker, marker_key
from taskyard_operator.local.folder_store import FolderStore

HOUR = "2026-11-24T05"


async def test_markers_of_all_kinds_for_one_run_and_hour_are_kept_side_by_side(
    tmp_path: Path,
) -> None:
    store = FolderStore(tmp_path)
    markers = [
        marker_key(HOUR, "local", "call"),
        deletion_marker(HOUR, Deleted("local", "call", "a-uid")),
        claim_marker(HOUR, "local", "a-digest"),
    ]

    for marker in markers:
        await store.put_bytes(marker, b"")

    found = [key async for page in store.list(INDEX) for key in page]
    assert found == sorted(markers)


async def test_of_many_objects_all_are_deleted_though_some_are_gone_already(
    tmp_path: Path,
) -> None:
    store = FolderStore(tmp_path)
    keys = [f"local/call/{number}" for number in range(50)]
    for key in keys[1::2]:
        await store.put_bytes(key, b"")

    await store.delete_many(keys)

    assert [page async for page in store.list("local")] == []
