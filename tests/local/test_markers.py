"""The index of hours on a file system, where no file has others below it."""

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
