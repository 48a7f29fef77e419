"""What a task can say of itself, in a runner and outside of one."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import taskyard
from taskyard._current_task import CurrentTask, running
from taskyard._values.wire import Encoded


@pytest.fixture
def said() -> list[tuple[float, str]]:
    return []


@pytest.fixture
def given() -> list[Encoded]:
    return []


@pytest.fixture
def task(said: list[tuple[float, str]], given: list[Encoded]) -> CurrentTask:
    return CurrentTask("0123abcd", 2, lambda *words: said.append(words), given.append)


def test_outside_a_task_there_is_one_that_does_nothing() -> None:
    task = taskyard.current_task()

    task.progress(0.5, "half way")
    task.emit("a draft")

    assert (task.id, task.attempt, task.cancelled) == ("", 0, False)


def test_a_running_task_is_the_current_one_in_every_thread(task: CurrentTask) -> None:
    with running(task), ThreadPoolExecutor() as pool:
        assert taskyard.current_task() is task
        assert pool.submit(taskyard.current_task).result() is task

    assert taskyard.current_task().id == ""


def test_progress_is_handed_on(task: CurrentTask, said: list[tuple[float, str]]) -> None:
    task.progress(0)
    task.progress(0.4, "step 4 of 10")
    task.progress(1, message="done")

    assert said == [(0.0, ""), (0.4, "step 4 of 10"), (1.0, "done")]


@pytest.mark.parametrize(
    ("arguments", "want"),
    [
        ((-0.1,), ValueError),
        ((1.1,), ValueError),
        ((float("nan"),), ValueError),
        (("0.5",), TypeError),
        ((True,), TypeError),
        ((None,), TypeError),
        ((0.5, None), TypeError),
        ((0.5, b"half"), TypeError),
    ],
)
def test_nonsense_is_refused_outside_a_task_too(
    arguments: tuple[Any, ...], want: type[Exception]
) -> None:
    with pytest.raises(want):
        taskyard.current_task().progress(*arguments)


def test_a_task_knows_that_it_is_cancelled(task: CurrentTask) -> None:
    task.mark_cancelled()

    assert task.cancelled


def test_the_order_to_stop_is_no_exception() -> None:
    assert issubclass(taskyard.TaskCancelled, BaseException)
    assert not issubclass(taskyard.TaskCancelled, Exception)
