"""A run is created once, though answers of the API server get lost. Pure: our own port is played."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.gateway.creation import create_once
from taskyard_operator.gateway.errors import OutcomeUnknown
from taskyard_operator.ports import Conflict, Missing, Rejected, Unanswered, Unavailable

RUN = TaskRun(
    metadata=Metadata(name="one"),
    spec=TaskRunSpec(service="s", task="t", input=TaskInput(inline={})),
)


class Store:
    """A store that answers as scripted: an error to raise, or None to create; `lost` creates and hides it."""

    def __init__(self, *answers: Exception | None, lost: bool = False) -> None:
        self.answers = list(answers)
        self.lost = lost
        self.kept: list[str] = []

    async def create(self, run: TaskRun) -> TaskRun:
        answer = self.answers.pop(0)
        if run.metadata.name in self.kept:
            raise Conflict("exists already")
        if answer is None or (self.lost and isinstance(answer, Unanswered)):
            self.kept.append(run.metadata.name)
        if answer is not None:
            raise answer
        return run

    async def run(self, namespace: str, name: str) -> TaskRun:
        if name not in self.kept:
            raise Missing("no such run")
        return RUN

    async def runs(self, namespace: str | None) -> Sequence[TaskRun]:
        return []

    async def services(self, namespace: str | None) -> Sequence[TaskService]:
        return []

    async def service(self, namespace: str, name: str) -> TaskService:
        raise Missing("no such service")

    async def request_cancel(self, run: TaskRun) -> TaskRun:
        return run

    async def write_status(self, run: TaskRun, status: TaskRunStatus) -> TaskRun:
        return run

    async def delete(self, run: TaskRun) -> None:
        self.kept.remove(run.metadata.name)


async def test_a_run_whose_answer_was_lost_is_found_and_not_made_twice() -> None:
    store = Store(Unanswered("time-out"), None, lost=True)

    assert await create_once(store, RUN) == RUN
    assert store.kept == ["one"]


async def test_a_request_that_was_lost_is_sent_again() -> None:
    store = Store(Unanswered("reset"), Unavailable("refused"), None)

    assert await create_once(store, RUN) == RUN
    assert store.kept == ["one"]


async def test_what_was_surely_not_done_is_told_at_once() -> None:
    store = Store(Unavailable("refused"), None)

    with pytest.raises(Unavailable):
        await create_once(store, RUN)
    assert store.kept == []


async def test_a_refusal_is_told_at_once() -> None:
    with pytest.raises(Rejected):
        await create_once(Store(Rejected("too long")), RUN)


async def test_where_nothing_is_learnt_the_caller_gets_the_id_to_ask_for() -> None:
    store = Store(*[Unanswered("time-out")] * 3)

    with pytest.raises(OutcomeUnknown, match="accepted the task as one") as raised:
        await create_once(store, RUN)
    assert raised.value.task_id == "one"
