"""What holds for a run when its service, its task and itself have a say."""

from datetime import timedelta

import pytest

from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskInput, TaskRun, TaskRunSpec
from taskyard.api.taskservice import Deadlines, Retries, Task, TaskService, TaskServiceSpec
from taskyard_operator.core.policy import DEFAULT_DEADLINES, policy_of


def run(deadlines: Deadlines | None = None) -> TaskRun:
    """A call of `paint`."""
    spec = TaskRunSpec(
        service="studio", task="paint", input=TaskInput(inline={}), deadlines=deadlines
    )
    return TaskRun(metadata=Metadata(name="r"), spec=spec)


def service(task: Task | None = None, **fields: object) -> TaskService:
    """A service with the task `paint`."""
    spec = {"image": "i", "entrypoint": "m:C", "tasks": [task or Task(name="paint")], **fields}
    return TaskService(metadata=Metadata(name="studio"), spec=TaskServiceSpec.model_validate(spec))


@pytest.mark.parametrize(
    ("of_service", "of_task", "of_run", "wanted"),
    [
        pytest.param(60, 30, 10, 10, id="the run's, where it is the shortest"),
        pytest.param(60, 10, 30, 10, id="the task's, where it is the shortest"),
        pytest.param(10, 60, 30, 10, id="the service's: nobody can give himself more time"),
        pytest.param(None, None, 5, 5, id="the only one that is given"),
        pytest.param(None, None, None, DEFAULT_DEADLINES.run, id="the default, where none is"),
    ],
)
def test_the_shortest_of_all_deadlines_counts(
    of_service: int | None, of_task: int | None, of_run: int | None, wanted: int
) -> None:
    task = Task(name="paint", deadlines=Deadlines(run=of_task))

    policy = policy_of(
        run(Deadlines(run=of_run)), service(task, deadlines=Deadlines(run=of_service))
    )

    assert policy.run == timedelta(seconds=wanted)


def test_the_retries_of_a_task_replace_those_of_its_service() -> None:
    task = Task(name="paint", retries=Retries(limit=5))

    assert policy_of(run(), service(task, retries=Retries(limit=1))).retries.limit == 5
    assert policy_of(run(), service(retries=Retries(limit=1))).retries.limit == 1


def test_without_a_service_the_defaults_hold() -> None:
    policy = policy_of(run(), None)

    assert policy.queue == timedelta(seconds=DEFAULT_DEADLINES.queue or 0)
    assert (policy.retries.limit, policy.retries.disruptions) == (0, 3)


def test_the_deadlines_of_another_task_do_not_count() -> None:
    other = Task(name="sketch", deadlines=Deadlines(run=1))
    both = service(tasks=[other, Task(name="paint")])

    assert policy_of(run(), both).run == timedelta(seconds=DEFAULT_DEADLINES.run or 0)
