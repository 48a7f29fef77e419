"""What truly happened to the runs, and what may be done and said in view of it."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from taskyard.api.names import LABEL_ATTEMPT, LABEL_RUN_UID
from taskyard.api.reasons import Condition, Phase, Reason
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard_operator.core.retention import is_archived
from tests.core.manifests import APod

from .pods import has_succeeded, running
from .setting import (
    CLOCK_ERROR,
    KEPT,
    KEPT_EDITED,
    MOST_ATTEMPTS,
    QUEUE_LIMIT,
    QUEUE_LIMIT_EDITED,
    START_LIMIT,
)


@dataclass
class History:
    """The checks of everything that a leader does; `uid` is that of a run."""

    succeeded: set[str] = field(default_factory=set)
    """The uids of runs of which a pod reported success."""
    results: set[tuple[str, int]] = field(default_factory=set)
    """The attempts of runs whose result is in the object store."""
    started: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The numbers of all attempts that were ever made for a run, in the order of their Jobs."""
    stopped: set[tuple[str, int]] = field(default_factory=set)
    """The attempts of runs that a leader has stopped."""
    edited: bool = False
    """Whether the service was ever edited, so that less counts than what it says now."""
    let_go: dict[str, datetime] = field(default_factory=dict)
    """When a queue of the cluster last let go of a Job of a run, which the Job controller knew to be held."""
    revived: set[str] = field(default_factory=set)
    """The uids of runs of which a leader with old news has made the first attempt again, which was gone.

    Only two leaders at once can do that, against which there is the lease; the name of a Job guards
    only as long as the Job is there. Before any other attempt a leader looks at what is there now."""

    def note_start(
        self, run: TaskRun, number: int, told: int, live: Sequence[APod], *, stale: bool
    ) -> None:
        """No attempt is made twice, and none before the one before it has ended.

        Unless somebody deletes its Job before any status tells of it, which costs the run nothing.

        Args:
            run: the run as the leader knows it.
            number: the attempt that it starts.
            told: the last attempt of which the run's status truly tells.
            live: the pods of the run whose containers run.
            stale: whether the leader lags behind; it may only matter for the first attempt.
        """
        uid = run.metadata.uid
        before = self.started[uid]
        assert number <= len(set(before)) + 1, "attempts are consecutive"
        assert number <= MOST_ATTEMPTS, "the budgets are kept to"
        stale = stale and number == 1
        if number in before and stale:
            self.revived.add(uid)
        elif number in before:
            assert number > told, f"attempt {number} was told of"
            assert (uid, number) not in self.stopped, f"attempt {number} was stopped by ourselves"
        if uid not in self.revived and not stale:
            assert not live, "another attempt runs"
        before.append(number)

    def check_status(
        self,
        run: TaskRun,
        status: TaskRunStatus,
        now: datetime,
        pods: Sequence[APod],
        live: Sequence[APod],
        *,
        away: bool,
    ) -> None:
        """A run that has not ended may only be said to stand so if it truly does.

        Args:
            run: the run as it was.
            status: what is written.
            now: the time.
            pods: all pods of the run.
            live: those of them whose containers run.
            away: whether the object store is, so that no result can be looked up.
        """
        if status.phase == Phase.SUCCEEDED:
            assert run.metadata.uid in self.succeeded, "Succeeded, and no pod has reported success"
            assert away or (run.metadata.uid, status.attempt) in self.results, "without its result"
        self._check_the_end(run, status, now, pods, live)
        self._check_the_attempts(run, status, live)

    def _check_the_end(
        self,
        run: TaskRun,
        status: TaskRunStatus,
        now: datetime,
        pods: Sequence[APod],
        live: Sequence[APod],
    ) -> None:
        uid = run.metadata.uid
        if status.phase == Phase.CANCELLED:
            assert run.spec.cancel, "Cancelled, and nobody asked"
        if status.phase in (Phase.CANCELLED, Phase.FAILED) and uid not in self.revived:
            assert not live, f"{status.phase}, and it runs"
            assert not any(map(self._has_result, pods)), "Failed, and it succeeded"
        if status.phase == Phase.FAILED and status.reason == Reason.DISRUPTED:
            assert self.started[uid], "Disrupted, and nothing was ever started"
        if status.phase == Phase.FAILED and status.reason == Reason.QUEUE_DEADLINE_EXCEEDED:
            created = run.metadata.creation_timestamp
            assert created
            limit = QUEUE_LIMIT_EDITED if self.edited else QUEUE_LIMIT
            assert now >= created + limit - 2 * CLOCK_ERROR, "too early"

    def _check_the_attempts(
        self, run: TaskRun, status: TaskRunStatus, live: Sequence[APod]
    ) -> None:
        """An attempt may only be said to have ended if no container of it runs."""
        uid = run.metadata.uid
        closed = {record.number for record in run.status.attempts if record.finished_at}
        newly = {record.number for record in status.attempts if record.finished_at} - closed
        for pod in live:
            number = int(pod["metadata"]["labels"][LABEL_ATTEMPT])
            assert number not in newly or uid in self.revived, f"attempt {number} ended, and runs"

    def check_start(self, run: TaskRun, status: TaskRunStatus, now: datetime) -> None:
        """What a queue has held has from then on all of its time to start, to whoever has heard of it."""
        let_go = self.let_go.get(run.metadata.uid)
        if let_go and status.reason == Reason.START_DEADLINE_EXCEEDED != run.status.reason:
            assert now >= let_go + START_LIMIT - 2 * CLOCK_ERROR, "too early, for what was held"

    def check_lost(self, run: TaskRun, status: TaskRunStatus, completed: Set[int]) -> None:
        """No attempt fails of which the Job says Complete and the store has the result, pod or no pod."""
        closed = {record.number for record in run.status.attempts if record.finished_at}
        for record in status.attempts:
            if record.number in completed - closed and run.metadata.uid not in self.revived:
                failed = record.finished_at and record.reason
                assert not failed, f"attempt {record.number} failed, and its result is there"

    def check_released(self, run: TaskRun, status: TaskRunStatus, pods: Sequence[APod]) -> None:
        """Resources may only be called free if they are."""
        if status.terminal and is_released(status) and run.metadata.uid not in self.revived:
            assert not any(map(running, pods)), "called free, and it runs"

    def _has_result(self, pod: APod) -> bool:
        labels = pod["metadata"]["labels"]
        place = labels[LABEL_RUN_UID], int(labels[LABEL_ATTEMPT])
        return has_succeeded(pod) and place in self.results

    def check_deletion(self, run: TaskRun, now: datetime) -> None:
        """A run may only be deleted when its record is stored and its time is over."""
        assert run.status.terminal, "deleted, and not ended"
        assert is_archived(run.status), "deleted, and not archived"
        assert run.status.finished_at
        kept = KEPT_EDITED if self.edited else KEPT
        kept_until = run.status.finished_at + timedelta(seconds=kept)
        assert now >= kept_until - 2 * CLOCK_ERROR, "deleted too early"


def is_released(status: TaskRunStatus) -> bool:
    """Whether the status says that nothing of the run holds resources."""
    return is_true(status, Condition.RESOURCES_RELEASED)


def is_true(status: TaskRunStatus, kind: Condition) -> bool:
    """Whether a condition holds."""
    return any((known.type, known.status) == (kind, "True") for known in status.conditions)
