"""What a controller leaves of a run that has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.expiry import hour_of, marker_key
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.record import Record
from tests.gateway.place import Place

DAY = timedelta(days=1)


def archived(place: Place, task_id: str, *, released: bool = False) -> str:
    """A run that has ended is archived, and perhaps holds nothing more; returns the key of its marker."""
    conditions = ["Archived", *(["ResourcesReleased"] if released else [])]
    since = "2026-11-25T12:00:00Z"
    place.write_status(
        task_id,
        conditions=[
            {"type": kind, "status": "True", "lastTransitionTime": since} for kind in conditions
        ],
    )
    return _recorded(place, task_id, DAY)


def _recorded(place: Place, task_id: str, kept: timedelta) -> str:
    run = TaskRun.model_validate(place.run(task_id))
    entry, record = Entry.of(run), Record(run, datetime.now(UTC) + kept)
    marker = marker_key(hour_of(record.expires_at), place.namespace, entry)
    place.store(marker, b"")
    place.store(listed_key(place.namespace, entry), b"")
    place.store(f"{place.namespace}/{task_id}/record", record.to_json())
    return marker


def archive(place: Place, *task_ids: str, kept: timedelta = DAY) -> None:
    """Only the records of these runs are left."""
    for task_id in task_ids:
        _recorded(place, task_id, kept)
    place.kubectl("delete", "taskruns.taskyard.dev", *task_ids, "-n", place.namespace)


def left_of(place: Place, task_id: str) -> list[str]:
    """What is left of a run, but for the claim of its key."""
    return [key for key in place.left() if task_id in key or _entry_is_of(key, task_id)]


def _entry_is_of(key: str, task_id: str) -> bool:
    entry = Entry.from_name(key.rpartition("/")[2])
    return entry is not None and entry.run == task_id
