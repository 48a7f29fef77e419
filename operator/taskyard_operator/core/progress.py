"""What a task says of its progress: how it is read, and how often."""

import json
from dataclasses import dataclass

from taskyard.api.names import MAX_MESSAGE_BYTES
from taskyard.api.taskrun import Progress

END_BYTES = 8192
"""So much of the end of a stream is read: its last line is never longer, if the runner wrote it."""


@dataclass(frozen=True, slots=True)
class ProgressSettings:
    """How often progress is read to be told in the status of runs.

    Args:
        interval: the least seconds between two reads of one run, and so between two writes; 0 for never.
        reads_per_second: the most reads of all runs together.
    """

    interval: float = 10.0
    reads_per_second: float = 20.0


def last_progress(end: bytes) -> Progress | None:
    """The last line of a stream, of which `end` is the end; None where it says nothing that makes sense.

    The pod wrote it, and user code may have: nothing of it is trusted.
    """
    line = end.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        said = Progress.model_validate(json.loads(line))
    except (ValueError, RecursionError):
        return None
    return said if len((said.message or "").encode()) <= MAX_MESSAGE_BYTES else None
