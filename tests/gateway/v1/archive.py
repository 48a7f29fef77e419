"""What a controller leaves of a run that has ended, once its TaskRun is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.record import Record
from tests.gateway.place import Place


def archive(place: Place, *task_ids: str, kept: timedelta = timedelta(days=1)) -> None:
    """Store records of these runs and the entries by which they are listed, and delete the TaskRuns."""
    for task_id in task_ids:
        run = TaskRun.model_validate(place.run(task_id))
        record = Record(run, datetime.now(UTC) + kept)
        place.store(listed_key(place.namespace, Entry.of(run)), b"")
        place.store(f"{place.namespace}/{task_id}/record", record.to_json())
    place.kubectl("delete", "taskruns.taskyard.dev", *task_ids, "-n", place.namespace)
