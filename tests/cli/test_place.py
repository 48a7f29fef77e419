"""Which gateway a call means, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskyard._errors import (
    APIConnectionError,
    APIError,
    InvalidArgument,
    NotFound,
    ServerError,
    TaskFailed,
    WaitTimeout,
)
from taskyard.api.reasons import Phase
from taskyard.cli._exits import CommandError, ExitCode, WrongCall, ended_as, exit_code_of
from taskyard.cli._place import Address, Cluster, place_of, token_of

from .calling import Taskyard

SET = {"TASKYARD_URL": "http://set"}


@pytest.mark.parametrize(
    ("url", "namespace", "environment", "plugin", "place"),
    [
        (None, None, {}, False, Address("http://127.0.0.1:3000")),
        (None, None, SET, False, Address("http://set")),
        (None, None, SET, True, Address("http://set")),
        ("http://said/path/", None, SET, False, Address("http://said/path")),
        (None, "tasks", SET, False, Cluster("tasks")),
        (None, "tasks", {}, True, Cluster("tasks")),
        (None, None, {}, True, Cluster(None)),
    ],
)
def test_the_call_is_heard_before_the_environment(
    url: str | None,
    namespace: str | None,
    environment: dict[str, str],
    plugin: bool,
    place: Address | Cluster,
) -> None:
    assert place_of(url, namespace, environment, plugin=plugin) == place


@pytest.mark.parametrize(
    ("url", "namespace", "sentence"),
    [
        ("http://said", "tasks", "--url and --namespace name two gateways"),
        ("localhost:3000", None, "must begin with http:// or https://"),
    ],
)
def test_a_place_that_is_none_is_refused(url: str, namespace: str | None, sentence: str) -> None:
    with pytest.raises(WrongCall, match=sentence):
        place_of(url, namespace, {}, plugin=False)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://host?query"])
def test_an_address_that_only_begins_like_one_is_a_wrong_call(url: str) -> None:
    done = Taskyard().call("list", "--url", url)

    assert (done.code, done.err.count("\n")) == (ExitCode.WRONG_CALL, 1)


def test_a_token_that_no_header_takes_is_told_of_in_a_sentence() -> None:
    done = Taskyard({"TASKYARD_TOKEN": "t\u00f6ken"}).call("list", "--url", "http://127.0.0.1:1")

    assert (done.code, "not one line of ASCII" in done.err) == (ExitCode.FAILED, True)


def test_a_token_comes_from_a_file_or_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from the file\n")
    variables = {"TASKYARD_TOKEN": "from the variable"}

    assert token_of(None, {}) is None
    assert token_of(None, variables) == "from the variable"
    assert token_of(None, {**variables, "TASKYARD_TOKEN_FILE": str(file)}) == "from the file"
    assert token_of(file, variables) == "from the file"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("no"), ExitCode.FAILED),
        (WrongCall("no"), ExitCode.WRONG_CALL),
        (APIConnectionError("no"), ExitCode.UNREACHABLE),
        (APIError(401), ExitCode.UNREACHABLE),
        (NotFound(404, "NotFound"), ExitCode.NOT_FOUND),
        (NotFound(410, "Expired"), ExitCode.NOT_FOUND),
        (InvalidArgument(422, "InvalidInput"), ExitCode.WRONG_CALL),
        (APIError(409, "NotReady"), ExitCode.NOT_ENDED),
        (TaskFailed(500, "TaskError"), ExitCode.TASK_FAILED),
        (TaskFailed(409, "Cancelled"), ExitCode.TASK_CANCELLED),
        (ServerError(503, "Unavailable"), ExitCode.FAILED),
        (WaitTimeout("no"), ExitCode.NOT_ENDED),
        (OSError("disk full"), ExitCode.FAILED),
    ],
)
def test_each_error_has_its_exit_code(error: Exception, code: ExitCode) -> None:
    assert exit_code_of(error) == code


@pytest.mark.parametrize(
    ("phases", "code"),
    [
        ([Phase.SUCCEEDED, Phase.SUCCEEDED], ExitCode.DONE),
        ([Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED], ExitCode.TASK_FAILED),
        ([Phase.CANCELLED, Phase.RUNNING], ExitCode.TASK_CANCELLED),
        ([Phase.SUCCEEDED, Phase.QUEUED], ExitCode.NOT_ENDED),
    ],
)
def test_of_several_tasks_the_worst_decides(phases: list[Phase], code: ExitCode) -> None:
    assert ended_as(*phases) == code
