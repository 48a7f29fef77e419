"""The record of a run: the final TaskRun as JSON, from which the gateway answers once it is gone."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taskyard.api.names import API_VERSION
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import TaskRun, TaskRunStatus

MAX_RECORD_BYTES = 1024 * 1024
"""Several times what the largest TaskRun takes: 8 KiB of input, and 256 attempts."""

_METADATA = {"name", "namespace", "uid", "creation_timestamp", "labels"}


@dataclass(frozen=True, slots=True)
class Record:
    """A run as it ended, and the time until which its data is kept."""

    run: TaskRun
    expires_at: datetime

    def to_json(self) -> bytes:
        """The object to store; the same for the same run, however often it is written."""
        metadata = self.run.metadata.model_dump(
            mode="json", by_alias=True, exclude_none=True, include=_METADATA
        )
        record = {
            "apiVersion": API_VERSION,
            "kind": TaskRun.KIND,
            "metadata": metadata,
            "spec": self.run.spec.to_wire(),
            "status": self.run.status.to_wire(),
            "expiresAt": rfc3339(self.expires_at),
        }
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Record":
        """Read a record.

        Raises:
            ValueError: it is none.
        """
        try:
            data: Any = json.loads(text)
        except RecursionError as error:
            raise ValueError("it is nested deeper than any record") from error
        if not isinstance(data, dict) or not isinstance(data.get("expiresAt"), str):
            raise ValueError("a record is a JSON object with a time expiresAt")
        expires_at = datetime.fromisoformat(data["expiresAt"])
        if expires_at.tzinfo is None:
            raise ValueError("expiresAt of a record has a time zone")
        return cls(TaskRun.model_validate(data), expires_at)

    def tells(self, run: TaskRun, status: TaskRunStatus) -> bool:
        """Whether it is the record of this very run, and of this end of it."""
        same_run = self.run.metadata.uid == run.metadata.uid
        return same_run and self.run.status.to_wire() == status.to_wire()
