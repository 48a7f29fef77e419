"""Runs come to a line and go, and a naive count over all of them says who may start."""

from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from taskyard_operator.core.admission import Line

from .builders import NOW, ARun
from .test_admission import run


@dataclass
class Member:
    """A run as the naive model below knows it."""

    run: ARun
    rank: tuple[int, datetime, str] = field(init=False)

    def __post_init__(self) -> None:
        created = self.run.metadata.creation_timestamp or NOW
        self.rank = (-(self.run.spec.priority or 0), created, self.run.metadata.name)


class LineMachine(RuleBasedStateMachine):
    """Runs come, ask, end and leave at random; a naive count over all of them says who may start."""

    limit: int | None = 3

    def __init__(self) -> None:
        super().__init__()
        self.line = Line("team", self.limit)
        self.limits: dict[str, int | None] = {}
        self.placed: dict[str, Member] = {}
        self.waiting: dict[str, Member] = {}
        self.serial = 0

    def free(self, service: str) -> int:
        limit = self.limits.get(service)
        taken = sum(m.run.spec.service == service for m in self.placed.values())
        return 1000 if limit is None else max(0, limit - taken)

    def expected(self) -> list[str]:
        """Those who may start: by rank, as long as their service and the namespace have a place."""
        free = {s: self.free(s) for s in ("a", "b", "c")}
        of_all = 1000 if self.limit is None else max(0, self.limit - len(self.placed))
        chosen = []
        for member in sorted(self.waiting.values(), key=lambda m: m.rank):
            service = member.run.spec.service
            if free[service] and of_all:
                free[service] -= 1
                of_all -= 1
                chosen.append(member.run.metadata.name)
        return chosen

    @rule(
        service=st.sampled_from("abc"),
        priority=st.sampled_from([None, -1, 0, 5]),
        age=st.integers(0, 3),
    )
    def a_run_comes(self, service: str, priority: int | None, age: int) -> None:
        self.serial += 1
        name = f"r{self.serial:03}"
        self.waiting[name] = Member(run(name, of=service, priority=priority, age=age))
        self.line.enter(self.waiting[name].run)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def one_of_the_waiting_asks(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.waiting)))
        may = name in self.expected()
        turn = self.line.ask(self.waiting[name].run, NOW)
        assert (turn is None) == may
        if may:
            self.placed[name] = self.waiting.pop(name)

    @precondition(lambda self: self.placed or self.waiting)
    @rule(data=st.data())
    def one_ends(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted({*self.placed, *self.waiting})))
        self.placed.pop(name, None)
        self.waiting.pop(name, None)
        assert self.line.leave(name)

    @rule(service=st.sampled_from("abc"), limit=st.sampled_from([None, 1, 2, 4]))
    def a_limit_changes(self, service: str, limit: int | None) -> None:
        self.limits[service] = limit
        self.line.set_limit(service, limit)

    @invariant()
    def the_next_are_those_that_may_start(self) -> None:
        assert self.line.next() == self.expected()


class LineWithoutNamespaceLimit(LineMachine):
    limit = None


TestLine = LineMachine.TestCase
TestLineWithoutNamespaceLimit = LineWithoutNamespaceLimit.TestCase
