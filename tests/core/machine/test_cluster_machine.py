"""The machine itself: what leaders do, what always holds, and how everything ends."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, multiple, precondition, rule

from taskyard.api.reasons import Condition
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Stage
from taskyard_operator.core.plan import ArchiveRun, Plan
from taskyard_operator.engine.cache import Cache
from taskyard_operator.kube.tracker import AttemptTracker
from tests.core.builders import a_failure, a_run, a_success

from .cluster import ClusterRules
from .history import is_released, is_true
from .leader import Leader, live_attempts
from .people import PeopleRules
from .pods import finished, is_dead
from .setting import ARCHIVE_PATIENCE, CLOCK_ERROR
from .truth import KINDS, Kind
from .world import much_has_happened

COMES_LATER = (Condition.ARCHIVED, Condition.RESOURCES_RELEASED)
"""What may still become true of a run that has ended."""
ROUNDS = 12
"""More looks than any quiet run needs to come to rest."""
TIMERS = 60
"""More times to look again than any run has before it is deleted."""


class ClusterMachine(ClusterRules, PeopleRules):
    """One run with all that can happen to it, and two leaders who both believe to be the only one."""

    leaders = Bundle("leaders")

    @initialize(
        target=leaders,
        steps=st.integers(0, 14),
        ends_by=st.sampled_from(["success", "failure", "cancel"]),
        missed=st.just({"job", "pod"}) | st.sets(st.sampled_from(KINDS)),
    )
    def a_run_comes_some_of_its_way(self, steps: int, ends_by: str, missed: set[Kind]) -> Any:
        """The usual way of a run, up to a point; the second leader has missed some of the news."""
        first, second = self.both
        look = partial(self.a_leader_looks, first, set(KINDS))
        way: list[Callable[[], None]] = [
            look,
            self.controllers_pass,
            partial(self.a_pod_gets_on, "running"),
            partial(self.time_passes, 60),
            look,
        ]
        if ends_by in ("success", "failure"):
            report = a_success() if ends_by == "success" else a_failure("TaskError")
            way += [partial(self.a_task_ends, report), self.controllers_pass, look]
            way += [partial(self.time_passes, 60), look, self.controllers_pass]
            way += [partial(self.somebody_deletes_the_job, foreground=False)]
        else:
            way += [self.the_user_cancels, look, self.controllers_pass]
        way += [self.kubelets_end_what_is_deleted, self.controllers_pass, look]
        self.truth.put_run(a_run())
        for step in way[:steps]:
            step()
        second.catch_up(self.truth, *(set(KINDS) - missed))
        return multiple(first, second)

    # Leaders.

    @rule(leader=leaders, news=st.sets(st.sampled_from(KINDS)))
    def a_leader_looks(self, leader: Leader, news: set[Kind]) -> None:
        """It has heard all that there is of some kinds of objects, and not yet of the others."""
        leader.catch_up(self.truth, *news)
        leader.look(self.truth)

    @rule(leader=leaders, steps=st.integers(0, 1))
    def a_leader_crashes_amid_a_plan_and_lists_everything(self, leader: Leader, steps: int) -> None:
        leader.look(self.truth, crash_after=steps)
        leader.cache, leader.tracker, leader.refused_since = Cache(), AttemptTracker(), {}
        leader.heard = {kind: len(self.truth.events[kind]) for kind in KINDS}
        leader.resync(self.truth)

    @rule(leader=leaders, step=st.integers(0, 1))
    def a_leader_gets_no_answer(self, leader: Leader, step: int) -> None:
        leader.look(self.truth, unanswered=step)

    @rule(leader=leaders, by=st.sampled_from([-1, 0, 1]))
    def the_clock_of_a_leader_is_set(self, leader: Leader, by: int) -> None:
        leader.clock_error = by * CLOCK_ERROR
        leader.changes += 1

    @precondition(lambda self: any(b.behind(self.truth, k) for b in self.both for k in KINDS))
    @rule(leader=leaders, kind=st.sampled_from(KINDS), number=st.integers(1, 3))
    def a_watch_delivers(self, leader: Leader, kind: Kind, number: int) -> None:
        for _ in range(min(number, leader.behind(self.truth, kind))):
            leader.hear(self.truth, kind)

    @rule(leader=leaders)
    def a_leader_lists_everything_and_hears_the_old_news_later(self, leader: Leader) -> None:
        leader.resync(self.truth)

    @rule(seconds=st.sampled_from([1, 2, 60, 60, 600, 1200]))
    def time_passes(self, seconds: int) -> None:
        """A kubelet that lives ends a pod when its grace period is over."""
        self.time_comes(self.truth.now + timedelta(seconds=seconds))

    @precondition(lambda self: self.pods_that("Pending", "Running"))
    @rule(leader=leaders, how=st.sampled_from(["evicted", "node lost", "deleted"]))
    def a_leader_crashes_amid_the_end_of_an_attempt(self, leader: Leader, how: str) -> None:
        self.a_pod_is_hit(how)
        leader.catch_up(self.truth, *KINDS)
        self.a_leader_crashes_amid_a_plan_and_lists_everything(leader, steps=1)

    @precondition(lambda self: self.truth.run and not self.truth.run.status.terminal)
    @rule(
        how=st.sampled_from(["evicted", "node lost", "node dead", "forced", "task error"]),
        awake=st.sampled_from([2, 1]),
    )
    def an_attempt_goes_by(self, how: str, awake: int) -> None:
        """All is well but for its end; then the next one is due.

        One leader may hear nothing of it, and look at what it knew before.
        """
        leaders_settle = partial(self.leaders_settle, self.both[:awake])
        leaders_settle()
        self.controllers_pass()
        if self.pods_that("Pending"):
            self.a_pod_gets_on("running")
        leaders_settle()
        if how == "task error" and self.pods_that("Running"):
            self.a_task_ends(a_failure("TaskError"))
        elif self.pods_that("Running", "Pending"):
            self.a_pod_is_hit(how)
        self.controllers_pass()
        for _ in range(3):
            self.time_passes(60)
            leaders_settle()
        for leader in self.both[awake:]:
            leader.look(self.truth)

    # What always holds.

    @invariant()
    def a_finished_run_stays_as_it_ended(self) -> None:
        """But for two words that may come later, and stay: it is archived, and holds nothing any more."""
        run = self.truth.run
        if run and run.status.terminal:
            status = run.status.to_wire()
            others = [c for c in status.pop("conditions") if c["type"] not in COMES_LATER]
            said = {kind for kind in COMES_LATER if is_true(run.status, kind)}
            before = self.ends.setdefault(run.metadata.uid, (status, others, set()))
            assert before[:2] == (status, others)
            assert said >= before[2]
            self.ends[run.metadata.uid] = (status, others, said)

    @invariant()
    def attempts_are_told_of_one_by_one(self) -> None:
        run = self.truth.run
        if run:
            numbers = [record.number for record in run.status.attempts]
            assert numbers == list(range(1, len(numbers) + 1))
            assert all(record.finished_at for record in run.status.attempts[:-1])
            assert run.status.attempt == (numbers[-1] if numbers else None)

    @invariant()
    def a_run_has_one_live_container(self) -> None:
        for uid in self.truth.history.started.keys() - self.truth.history.revived:
            assert len(self.truth.live_pods(uid)) <= 1

    @invariant()
    def every_write_has_its_cause(self) -> None:
        for leader in self.both:
            assert leader.writes <= leader.changes

    # What holds when nothing more happens.

    def leaders_settle(self, leaders: Sequence[Leader] = ()) -> list[Plan]:
        """The cluster does what it owes, and at one moment there is soon nothing more to do."""
        leaders = leaders or self.both
        for leader in leaders:
            leader.catch_up(self.truth, *KINDS)
            leader.resync(self.truth)
        for _ in range(ROUNDS):
            self.the_cluster_does_what_it_owes()
            plans = []
            for leader in leaders:
                for each in leaders:
                    each.catch_up(self.truth, *KINDS)
                plans.append(leader.look(self.truth) or Plan())
            if all(map(self.at_rest, plans, leaders)):
                return plans
        raise AssertionError(f"the leaders never come to rest: {plans}")

    def the_cluster_does_what_it_owes(self) -> None:
        """What is collected as garbage is ended, and what has ended is collected."""
        self.kubelets_end_what_is_deleted()
        while self.truth.collect_garbage():
            self.kubelets_end_what_is_deleted()

    def at_rest(self, plan: Plan, leader: Leader) -> bool:
        """Nothing to do, but for what the store or a quota does not let it do."""
        waits = not self.truth.store and (
            plan.prove or plan.actions == (ArchiveRun(),) or (plan.status and plan.status.terminal)
        )
        waits = waits or (not self.truth.quota and plan.starts)
        now = leader.now(self.truth)
        due = plan.look_again_at is not None and plan.look_again_at <= now
        return bool(waits) or not (plan.actions or plan.status or plan.confirm or due)

    @precondition(much_has_happened)
    @rule()
    def all_is_quiet(self) -> None:
        self.leaders_settle()

        run = self.truth.run
        if run is None or run.metadata.deletion_timestamp:
            return
        if run.status.terminal and not self.truth.pods_of(run.metadata.uid):
            assert is_released(run.status), "nothing is left of it, and nobody says so"
        if not self.truth.store:
            return
        own = [a for a in live_attempts(self.truth) if a.owner == run.metadata.uid]
        going = [attempt for attempt in own if attempt.may_run and not attempt.stopping]
        assert len(going) <= 1, "an attempt goes on beside another"
        last = run.status.attempts[-1] if run.status.attempts else None
        closed = last is not None and last.finished_at is not None
        ended = all(attempt.stage is Stage.ENDED for attempt in own)
        if own and ended:
            assert run.status.terminal or closed, "every attempt has ended, and nobody says so"
        startable = self.truth.service and self.truth.quota
        startable = startable and not self.truth.suspended and not self.truth.crowded
        if not own and (startable or run.spec.cancel):
            assert run.status.terminal or closed, "no attempt is there, and none is started"
        if run.spec.cancel and ended:
            assert run.status.terminal, "cancelled, and not ended"

    def teardown(self) -> None:
        """Whatever happened, and though no pod gets on: time alone ends every run and deletes it."""
        for _ in range(TIMERS):
            plans = self.leaders_settle()
            run = self.truth.run
            if run is None or run.metadata.deletion_timestamp:
                break
            if run.status.terminal:
                self.nothing_is_held(run)
                self.truth.store = True
            times = [
                plan.look_again_at - leader.clock_error
                for plan, leader in zip(plans, self.both, strict=True)
                if plan.look_again_at
            ]
            assert times or run.status.terminal or not self.truth.store, "nobody wakes the run"
            self.time_comes(min(times, default=self.truth.now + ARCHIVE_PATIENCE))
        else:
            raise AssertionError(f"the run never ends: {self.truth.run}")
        self.leaders_settle()
        assert not [job for job in self.truth.jobs.values() if not self.on_a_dead_node(job)]

    def nothing_is_held(self, run: TaskRun) -> None:
        uid = run.metadata.uid
        held = [pod for pod in self.truth.pods_of(uid) if not finished(pod) and not is_dead(pod)]
        assert not held or uid in self.truth.history.revived, "held for nobody"

    def on_a_dead_node(self, job: Mapping[str, Any]) -> bool:
        return any(map(is_dead, self.truth.pods_of_job(job)))


TestClusterMachine = ClusterMachine.TestCase
# Ten times what the profile gives to an ordinary property.
TestClusterMachine.settings = settings(
    max_examples=10 * settings().max_examples, stateful_step_count=30, deadline=None
)
