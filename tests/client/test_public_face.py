"""What `import taskyard` offers, and what it costs."""

import inspect
import subprocess
import sys

import pytest

import taskyard


@pytest.mark.parametrize("name", taskyard.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert inspect.getdoc(getattr(taskyard, name))


def test_no_other_name_is() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'HTTPClient'"):
        taskyard.HTTPClient  # noqa: B018


def test_importing_it_brings_neither_httpx_nor_pydantic() -> None:
    program = "import sys, taskyard; print({'httpx', 'pydantic', 'pydantic_core', 'PIL'} & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "set()"


def test_the_client_does_without_pillow_until_there_is_a_picture() -> None:
    program = (
        "import sys, taskyard; taskyard.SyncHTTPClient; print({'PIL', 'numpy'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (taskyard.InvalidArgument, [taskyard.APIError]),
        (taskyard.NotFound, [taskyard.APIError]),
        (taskyard.TaskNotFinished, [taskyard.APIError]),
        (taskyard.TaskFailed, [taskyard.APIError]),
        (taskyard.ServerError, [taskyard.APIError]),
        (taskyard.APIConnectionError, [taskyard.TaskyardError]),
        (taskyard.APITimeoutError, [taskyard.APIConnectionError, TimeoutError]),
        (taskyard.WaitTimeout, [taskyard.TaskyardError, TimeoutError]),
    ],
)
def test_errors_form_the_tree_that_is_drawn(error: type, bases: list[type]) -> None:
    assert error.__bases__ == tuple(bases)
    assert issubclass(error, taskyard.TaskyardError)
