"""A controller: caches that lag behind the truth, and what is done about what they hold."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.admission import Turn
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.conditions import cancel_is_requested, may_hold_resources
from taskyard_operator.core.plan import ArchiveRun, DeleteRun, Plan, StartAttempt, StopAttempt
from taskyard_operator.core.proof import FoundResult, as_found, as_reported
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.retention import is_archived
from taskyard_operator.core.status import archived_status, waiting_status
from taskyard_operator.engine.cache import Cache
from taskyard_operator.kube.tracker import AttemptTracker
from tests.core.builders import a_result

from .history import is_released
from .setting import ARCHIVE_PATIENCE, EDITED, KEY, MOST_ATTEMPTS, SERVICE
from .truth import KINDS, Kind, OverQuota, Refused, Truth

WHY_NOT_STARTED = (
    Reason.SERVICE_NOT_FOUND,
    Reason.SERVICE_INVALID,
    WaitingReason.SUSPENDED,
    WaitingReason.CONCURRENCY_LIMIT,
    WaitingReason.WAITING_FOR_QUOTA,
)
MAX_MESSAGE = 1024
"""Bytes of a message."""


@dataclass
class Leader:
    """A controller: what it has seen so far, and what it does about it."""

    name: str
    cache: Cache = field(default_factory=Cache)
    tracker: AttemptTracker = field(default_factory=AttemptTracker)
    heard: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    clock_error: timedelta = timedelta(0)
    """How far its clock is ahead."""
    changes: int = 0
    """How often it saw something new that was not of its own writing."""
    writes: int = 0
    refused_since: dict[str, datetime] = field(default_factory=dict)
    """When the store first gave no answer at the end of a run."""

    def behind(self, truth: Truth, kind: Kind) -> int:
        return len(truth.events[kind]) - self.heard[kind]

    def hear(self, truth: Truth, kind: Kind) -> None:
        """The next event of one kind arrives, as the watches take it."""
        event = truth.events[kind][self.heard[kind]]
        self.heard[kind] += 1
        self.changes += event.writer != self.name
        if kind == "run":
            if event.gone:
                self.cache.drop_run(KEY, event.thing.metadata.uid)
            else:
                self.cache.put_run(event.thing)
            return
        place = {
            ("job", False): self.tracker.job_seen,
            ("job", True): self.tracker.job_gone,
            ("pod", False): self.tracker.pod_seen,
            ("pod", True): self.tracker.pod_gone,
        }[kind, event.gone](event.thing)
        if place is None:
            return  # it tells nothing new
        attempt = self.tracker.attempt(place)
        if attempt:
            self.cache.put_attempt(KEY, attempt)
        else:
            self.cache.drop_attempt(*place)

    def catch_up(self, truth: Truth, *kinds: Kind) -> None:
        for kind in kinds:
            while self.behind(truth, kind):
                self.hear(truth, kind)

    def resync(self, truth: Truth) -> None:
        """A listing of everything, as `Engine.resync` takes it."""
        self.changes += 1
        known, uids = self.cache.begin_listing(), self.tracker.uids()
        for job in truth.jobs.values():
            self.tracker.job_seen(job)
        for pod in truth.pods.values():
            self.tracker.pod_seen(pod)
        things = [*truth.jobs.values(), *truth.pods.values()]
        self.tracker.forget(uids - {thing["metadata"]["uid"] for thing in things})
        places = self.tracker.places()
        runs = {(KEY, truth.run.metadata.uid)} if truth.run else set()
        self.cache.forget(known.runs - runs, set(), known.attempts - places)
        for place in places:
            attempt = self.tracker.attempt(place)
            assert attempt
            self.cache.put_attempt(place.run, attempt)
        if truth.run:
            self.cache.put_run(truth.run)

    def now(self, truth: Truth) -> datetime:
        return truth.now + self.clock_error

    def look(
        self, truth: Truth, crash_after: int | None = None, unanswered: int | None = None
    ) -> Plan | None:
        """One look at the run, as `Engine` takes it."""
        run = self.cache.run(KEY)
        if run is None:
            return None
        attempts, live = self.cache.attempts(KEY), False
        plan = self.decide(truth, run, attempts)
        if plan.confirm:
            if truth.run is None:
                return None
            run, attempts, live = truth.run, live_attempts(truth), True
            plan = self.decide(truth, run, attempts, live=live)
        if plan.prove and (proved := self.prove(truth, run, plan.prove)):
            plan = self.decide(truth, run, [*attempts, proved], live=live)
            assert plan.prove is None, "proved once"
        with suppress(Refused):
            self.take_steps(self.carry_out(truth, run, plan), crash_after, unanswered)
        return plan

    def take_steps(
        self, steps: Iterable[Any], crash_after: int | None, unanswered: int | None
    ) -> None:
        """It may crash after some of the steps, or never get the answer to one of them."""
        for number, step in enumerate(steps):
            if number == crash_after:
                raise Refused("a crash")
            changed = step()
            if number == unanswered:
                raise Refused("the answer is lost, and it was done all the same")
            if changed and self.cache.run(KEY):
                self.cache.put_run(changed)

    def decide(
        self, truth: Truth, run: TaskRun, attempts: list[Attempt], *, live: bool = False
    ) -> Plan:
        """Ask the core, and if that is to start an attempt, whether it is the run's turn."""
        now = self.now(truth)
        busy = truth.crowded  # Where others hold all places, some of them may wait for a look.
        decide = partial(reconcile, run, service_of(truth), attempts, now, live=live, busy=busy)
        plan = decide()
        if plan.starts and truth.crowded:
            plan = decide(turn=Turn(1, "Namespace team", 1, now + timedelta(minutes=10)))
        check_plan(run, plan, live=live)
        if plan.status and not any(self.behind(truth, kind) for kind in KINDS):
            truth.history.check_start(run, plan.status, now)
        return plan

    def prove(self, truth: Truth, run: TaskRun, attempt: Attempt) -> Attempt | None:
        """What `Proof` and `PodLogs` do: the attempt as it may be told of, or None if the store is away."""
        assert attempt.ending
        if not attempt.ending.unproved:
            return replace(attempt, ending=replace(attempt.ending, log_of=None))
        if truth.store:
            result = attempt.ending.result or a_result()
            stored = (run.metadata.uid, attempt.number) in truth.history.results
            found = FoundResult(result.size, result.sha256) if stored else None
            return replace(attempt, ending=as_found(attempt.ending, found))
        now = self.now(truth)
        since = self.refused_since.setdefault(run.metadata.uid, now)
        if now < min(since, attempt.finished_at or since) + ARCHIVE_PATIENCE:
            return None
        return replace(attempt, ending=as_reported(attempt.ending))

    def carry_out(self, truth: Truth, run: TaskRun, plan: Plan) -> Iterator[Any]:
        """The steps of a plan, as `Executor` takes them."""
        for action in plan.actions:
            match action:
                case StartAttempt(number):
                    stale = any(self.behind(truth, kind) for kind in KINDS)
                    yield partial(self.start, truth, run, number, stale=stale)
                case StopAttempt(number):
                    yield lambda number=number: truth.stop_attempt(run, number)
                case ArchiveRun():
                    yield lambda: truth.write_status(
                        run, self.archive(truth, run, run.status), self.name
                    )
                    return
                case DeleteRun():
                    yield lambda: truth.delete_run(run)
        if plan.status is not None:
            status = plan.status
            yield lambda: self.write(truth, run, status)

    def start(self, truth: Truth, run: TaskRun, number: int, *, stale: bool) -> None:
        """Make the Job; where it is refused, say so."""
        try:
            truth.create_job(run, number, stale=stale)
        except OverQuota as error:
            why = WaitingReason.WAITING_FOR_QUOTA
            status = waiting_status(run, self.now(truth), why, str(error))
            if status.to_wire() != run.status.to_wire():
                changed = self.write(truth, run, status)
                if self.cache.run(KEY):
                    self.cache.put_run(changed)
            raise

    def archive(self, truth: Truth, run: TaskRun, status: TaskRunStatus) -> TaskRunStatus:
        """What `Executor` does at the end of a run: the status with the word that it is archived."""
        now = self.now(truth)
        ended = status.finished_at or now
        if truth.store:
            return archived_status(run, status, ended + timedelta(days=7))
        since = min(ended, self.refused_since.setdefault(run.metadata.uid, now))
        if run.status.terminal or now < since + ARCHIVE_PATIENCE:
            raise Refused("the store is away")
        return status

    def write(self, truth: Truth, run: TaskRun, status: TaskRunStatus) -> TaskRun:
        ends = status.terminal and not run.status.terminal
        final = self.archive(truth, run, status) if ends else status
        written = truth.write_status(run, final, self.name)
        # That nothing can be started is said in a second write, after that of an attempt's end.
        self.writes += status.reason not in WHY_NOT_STARTED or status.phase != Phase.QUEUED
        return written


def service_of(truth: Truth) -> TaskService | None:
    """The service as it is now."""
    edits = EDITED if truth.edited else {}
    return SERVICE.having(suspend=truth.suspended, **edits) if truth.service else None


def live_attempts(truth: Truth) -> list[Attempt]:
    """A listing of Jobs and pods now, as `JobLauncher.attempts` takes it."""
    tracker = AttemptTracker()
    for job in truth.jobs.values():
        tracker.job_seen(job)
    for pod in truth.pods.values():
        tracker.pod_seen(pod)
    return [attempt for place in tracker.places() if (attempt := tracker.attempt(place))]


def check_plan(run: TaskRun, plan: Plan, *, live: bool) -> None:
    """What no plan may ask for, however stale the view that it was made from."""
    assert not (plan.confirm and live), "what is read now needs no other look"
    if run.status.terminal:
        freed = plan.status and may_hold_resources(run.status) and is_released(plan.status)
        assert freed or not plan.status, "a terminal status never changes"
    elif run.spec.cancel and any(isinstance(action, StopAttempt) for action in plan.actions):
        assert cancel_is_requested(run.status), "a task is told, and the run does not say so"
    if plan.status:
        assert plan.status.observed_generation == run.metadata.generation
        assert len((plan.status.message or "").encode()) <= MAX_MESSAGE
        assert len(plan.status.attempts) <= MOST_ATTEMPTS
    closed = [record.number for record in run.status.attempts if record.finished_at]
    for action in plan.actions:
        match action:
            case StartAttempt(number):
                assert not run.status.terminal, "nothing is started for a run that has ended"
                assert not run.spec.cancel, "nothing is started for a run that was cancelled"
                assert number not in closed, "nothing is started twice"
                assert number == 1 or number - 1 in closed, "one after the other"
            case ArchiveRun():
                assert run.status.terminal
            case DeleteRun():
                assert is_archived(run.status), "deleted, and not archived"
