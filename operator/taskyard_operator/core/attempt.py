"""An attempt as observed: what `reconcile` knows of a Job (or of whatever else a launcher starts)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from taskyard.api.reasons import Phase, WaitingReason
from taskyard.api.report import ResultInfo
from taskyard.api.taskrun import Progress


class Stage(StrEnum):
    """How far an attempt has come."""

    WAITING = "Waiting"
    RUNNING = "Running"
    ENDED = "Ended"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why an attempt does not run yet, in one sentence.

    `patience` is how long this may last before it is a failure; None where only the start deadline ends
    it. It counts from `since`, when this was first seen, or where nobody remembers that, from the time the
    pod was placed on a node. `quiet` is how long it may last before it is worth a word; None where its
    reason tells.
    """

    reason: WaitingReason
    message: str
    patience: timedelta | None = None
    since: datetime | None = None
    quiet: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended.

    `reason` is a `Reason`, or the word of a newer version that judged the attempt before this one was there.
    A success has a `result`, unless the report is gone with its pod: then the object store has to tell.
    `proved` says that the store was asked for the result. `log_of` is the container whose log is still to be
    put there: the runner left no report, and so no log. `released` is false where a container may still
    run, or hold the pod: a second one of it, or one on a dead node.
    """

    phase: Phase
    reason: str | None = None
    message: str = ""
    exit_code: int | None = None
    result: ResultInfo | None = None
    error_type: str = ""
    log_stored: bool = False
    released: bool = True
    proved: bool = False
    log_of: str | None = None

    @property
    def unproved(self) -> bool:
        """Whether it is a success of which the store has not borne out the result."""
        return self.phase is Phase.SUCCEEDED and not self.proved

    @property
    def to_prove(self) -> bool:
        """Whether something is to be done with the object store before this end is said."""
        return self.unproved or self.log_of is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one run.

    `owner` is the uid of the TaskRun it belongs to: a run that was deleted and made anew under the
    same name does not own what the first one left. `stopping` says that its end was asked for.
    `created_at` is when its pod was made, or its Job where it has no pod yet.
    `admitted_at` is when it was allowed to start (None while suspended), `placed_at` when a node took it,
    `gone_by` when its pod, being deleted, must be gone unless its node is dead. `progress` is what the
    task last said of it, where that was read.
    """

    number: int
    owner: str
    job: str
    stage: Stage
    created_at: datetime | None = None
    stopping: bool = False
    pod: str | None = None
    node: str | None = None
    admitted_at: datetime | None = None
    placed_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    gone_by: datetime | None = None
    waiting: Waiting | None = None
    ending: Ending | None = None
    progress: Progress | None = None

    @property
    def may_run(self) -> bool:
        """Whether a container of it runs, or may yet."""
        return self.ending is None or not self.ending.released
