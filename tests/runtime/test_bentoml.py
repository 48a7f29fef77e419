"""A service written for BentoML runs unmodified, in the real runner with the real BentoML."""

import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import multipart
import pytest
from PIL import Image

from tests.cluster.object_store import S3Server
from tests.compatibility.environments import NEWEST, VERSIONS, python_with_bentoml

from .multipart_body import multipart_body
from .runner import Attempt

ROOT = Path(__file__).parents[2]
STUDIO = "bento_studio:Studio"
OLDEST, OUTSIDE = "1.4.29", "1.4.13"
assert {NEWEST, OLDEST, OUTSIDE} <= set(VERSIONS)


def attempt_with(version: str, store: S3Server, folder: Path) -> Attempt:
    """An attempt in an environment with this BentoML and what our runtime needs."""
    beside = folder / "beside"
    beside.mkdir()
    (beside / "multipart.py").write_bytes(Path(multipart.__file__).read_bytes())
    attempt = Attempt(store.store(), folder)
    attempt.python = python_with_bentoml(version)
    paths = [beside, ROOT / "client", ROOT / "runtime"]
    # In a container nobody but the attempt's own directory is there to be written to.
    attempt.environment |= {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONWARNINGS": "default",
        "HOME": "/proc",
    }
    return attempt


@pytest.fixture
def attempt(object_store: S3Server, tmp_path: Path) -> Attempt:
    """An attempt with the newest BentoML."""
    return attempt_with(NEWEST, object_store, tmp_path)


@pytest.mark.parametrize(
    ("task", "arguments", "want", "content_type"),
    [
        pytest.param(
            "greet", {"name": "Ada"}, b"Hello, Ada!", "text/plain; charset=utf-8",
            id="text, and a default",
        ),
        pytest.param(
            "later", {"name": "Ada"}, b"Later, Ada!", "text/plain; charset=utf-8",
            id="an async task, in the loop of the async hook",
        ),
        pytest.param(
            "with_a_loop_of_its_own", {"name": "Ada"}, b"Ada in a loop",
            "text/plain; charset=utf-8", id="a sync task that runs a loop itself",
        ),
        pytest.param(
            "translate", {"word": "hello"}, b"bonjour, bonjour.", "text/plain; charset=utf-8",
            id="services that it depends on",
        ),
        pytest.param(
            "shout", {"word": "hello"}, b"HELLO", "text/plain; charset=utf-8",
            id="an async method of another service",
        ),
        pytest.param(
            "shout_in_step", {"word": "hello"}, b"HELLO", "text/plain; charset=utf-8",
            id="an async method of another service, called by a sync task",
        ),
        pytest.param(
            "greet_by_a_sibling", {"name": "Ada"}, b"Hello, Ada!", "text/plain; charset=utf-8",
            id="a sibling, which hangs on the server with one thread",
        ),
        pytest.param(
            "root", {"prompt": "a hill"}, b"a hill, 8 wide", "text/plain; charset=utf-8",
            id="a positional-only model is the whole body",
        ),
        pytest.param(
            "any_number", {"args": [1, 2], "kwargs": {"x": 3}},
            {"args": [[1, 2]], "kwargs": {"x": 3}}, "application/json",
            id="args and kwargs as the server hands them over",
        ),
        pytest.param(
            "choose", {"style": "ink", "size": None},
            {"style": "ink", "size": None, "framed": False}, "application/json",
            id="a literal, null for an optional, and no picture",
        ),
    ],
)  # fmt: skip
def test_a_task_gives_what_the_server_of_bentoml_gives(
    attempt: Attempt, task: str, arguments: dict[str, Any], want: Any, content_type: str
) -> None:
    finished = attempt.call(STUDIO, task, **arguments)

    got = finished.result
    assert (got if isinstance(want, bytes) else json.loads(got)) == want
    assert finished.report.result is not None
    assert finished.report.result.content_type == content_type


@pytest.mark.parametrize(
    ("task", "arguments", "want"),
    [
        ("double", {"matrix": [[1, 2], [3, 4]]}, [[2.0, 4.0], [6.0, 8.0]]),
        ("total", {"frame": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}, [{"a": 4, "b": 6}]),
    ],
)
def test_arrays_and_data_frames_go_in_and_come_out(
    attempt: Attempt, task: str, arguments: dict[str, Any], want: Any
) -> None:
    finished = attempt.call("bento_tables:Tables", task, **arguments)

    assert json.loads(finished.result) == want


def test_hooks_run_in_the_order_of_the_server_and_each_service_is_built_once(
    attempt: Attempt,
) -> None:
    finished = attempt.call(STUDIO, "history")

    assert json.loads(finished.result) == [
        *("deployed", "dictionary built", "dictionary filled", "studio built", "studio warm")
    ]
    assert "the studio is closed" in finished.log


def test_a_picture_comes_out(attempt: Attempt) -> None:
    finished = attempt.call(STUDIO, "draw", order={"prompt": "a hill", "width": 16})

    assert finished.report.result is not None
    assert finished.report.result.content_type == "image/png"
    assert Image.open(BytesIO(finished.result)).size == (16, 4)


def test_files_and_pictures_go_in(attempt: Attempt) -> None:
    parts = [
        ("scale", None, b"2"),
        ("images", "a.png", _picture(2, 3)),
        ("images", "b.png", _picture(4, 5)),
    ]
    source = attempt.stored(*multipart_body(parts))

    finished = attempt.run(attempt.ticket(STUDIO, "sizes", source))

    assert json.loads(finished.result) == [[4, 6], [8, 10]]


def test_a_file_goes_in_beside_text(attempt: Attempt) -> None:
    parts = [("note", None, b'"n"'), ("document", "plan.txt", b"text")]
    source = attempt.stored(*multipart_body(parts))

    finished = attempt.run(attempt.ticket(STUDIO, "describe", source))

    assert json.loads(finished.result) == {"note": "n", "text": "text", "suffix": ".txt"}


@pytest.mark.parametrize(
    ("task", "body", "content_type", "want"),
    [
        ("root_text", "Grüße".encode(), "text/plain", "GRÜSSE"),
        ("root_numbers", b"[1, 2, 3]", "application/json", "6"),
        ("root_file", b"\xff\xfe", "application/pdf", "2"),
    ],
)
def test_one_value_is_the_whole_body(
    attempt: Attempt, task: str, body: bytes, content_type: str, want: str
) -> None:
    finished = attempt.run(attempt.ticket(STUDIO, task, attempt.stored(body, content_type)))

    assert finished.result.decode() == want


def test_a_picture_is_the_whole_body(attempt: Attempt) -> None:
    source = attempt.stored(_picture(3, 5), "image/png")

    finished = attempt.run(attempt.ticket(STUDIO, "root_picture", source))

    assert json.loads(finished.result) == [3, 5]


def test_a_path_comes_out_which_the_server_of_bentoml_cannot_finish(attempt: Attempt) -> None:
    finished = attempt.call(STUDIO, "archive", text="It was the best of times")

    assert finished.result == b"It was the best of times"
    assert finished.report.result is not None
    assert finished.report.result.content_type == "text/plain; charset=utf-8"
    assert finished.report.result.file_name == "tale of two.txt"
    assert finished.report.result.headers == ()


def test_the_context_sets_status_headers_and_cookies(attempt: Attempt) -> None:
    finished = attempt.call(STUDIO, "stamped")

    assert json.loads(finished.result) == {"task": "0123abcd", "mood": "calm"}
    result = finished.report.result
    assert result is not None
    assert result.status_code == 207
    assert result.headers == (
        ("x-stamp", "first class"),
        ("set-cookie", "seen=yes; Max-Age=60; Path=/; SameSite=lax"),
        ("set-cookie", "again=yes; Path=/; SameSite=lax"),
    ), "and not the length of the body, which the gateway knows"


@pytest.mark.parametrize(
    ("task", "arguments", "reason", "message"),
    [
        ("greet", {}, "InvalidInput", "name: Field required"),
        ("greet", {"name": "A", "times": "x"}, "InvalidInput", "times: Input should be a valid integer"),
        ("dislike", {"name": "Ada"}, "InvalidInput", "Ada will not do"),
        ("fail", {}, "TaskError", "ValueError: seven is too many"),
        ("look", {}, "TaskError", "bentoml.exceptions.NotFound: nothing of that name"),
        ("misfit", {}, "TaskError", "The result does not fit: "),
        ("lost", {}, "TaskError", "File at path /nowhere/to/be/found does not exist"),
        ("refused_by_status", {}, "TaskError", 'answered with status 451: {"why": "the law"}'),
        ("no_task", {}, "LoadFailed", "Studio has no task 'no_task'; its tasks are: any_number, "),
    ],
)  # fmt: skip
def test_a_failure_has_its_reason_and_says_why(
    attempt: Attempt, task: str, arguments: dict[str, Any], reason: str, message: str
) -> None:
    finished = attempt.call(STUDIO, task, **arguments)

    assert finished.report.reason == reason
    assert message in finished.report.message


def test_a_file_of_another_content_type_is_refused(attempt: Attempt) -> None:
    source = attempt.stored(*multipart_body([("audio", "a.txt", b"text")]))

    finished = attempt.run(attempt.ticket(STUDIO, "listen", source))

    assert finished.report.reason == "InvalidInput"
    assert "audio: " in finished.report.message
    assert "expected audio/mpeg" in finished.report.message


def test_a_body_that_is_no_json_is_refused(attempt: Attempt) -> None:
    finished = attempt.run(attempt.ticket(STUDIO, "greet", attempt.stored(b"{oops")))

    assert finished.report.reason == "InvalidInput"
    assert "Invalid JSON" in finished.report.message


def test_a_hook_that_raises_is_a_failure_to_load(attempt: Attempt) -> None:
    finished = attempt.call("bento_studio:Broken", "greet", name="Ada")

    assert finished.report.reason == "LoadFailed"
    assert finished.report.message == (
        "Broken could not be built: ConnectionError: no such database"
    )


def test_a_variable_that_the_service_needs_is_asked_for(attempt: Attempt) -> None:
    finished = attempt.call("bento_studio:Demanding", "greet", name="Ada")

    assert finished.report.reason == "LoadFailed"
    assert "Demanding needs the environment variable MODEL_TOKEN" in finished.report.message


def test_a_task_that_yields_is_refused_as_bentoml_refuses_it(attempt: Attempt) -> None:
    finished = attempt.call("bento_stream:Streamer", "count", to=3)

    assert finished.report.reason == "LoadFailed"
    assert "Async task cannot return a stream" in finished.report.message


def test_a_task_gives_values_away_as_any_other(attempt: Attempt) -> None:
    finished = attempt.call("bento_generous:Generous", "spell", word="yard")

    assert finished.result == b"yard"
    assert [output["value"] for output in finished.outputs] == list("yard")


@pytest.mark.parametrize("task", ["hold", "hold_later"])
def test_a_cancelled_task_is_interrupted_and_the_service_is_closed(
    attempt: Attempt, task: str
) -> None:
    source = attempt.ticket(STUDIO, task, attempt.stored(b"{}"))
    with attempt.started(source) as running:
        running.wait_for("holding")
        running.terminate()
        finished = running.finish()

    assert finished.report.outcome == "Cancelled"
    assert "the studio is closed" in finished.log
    assert ("put down" in finished.log) == (task == "hold_later")


def test_the_oldest_bentoml_that_is_supported_does_the_same(
    object_store: S3Server, tmp_path: Path
) -> None:
    for number, (task, arguments) in enumerate(
        {"history": {}, "translate": {"word": "hello"}, "stamped": {}, "archive": {"text": "x"}}.items()
    ):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        finished = attempt_with(OLDEST, object_store, folder).call(STUDIO, task, **arguments)

        assert finished.report.outcome == "Succeeded", finished.report


def test_a_bentoml_outside_the_tested_range_is_refused(
    object_store: S3Server, tmp_path: Path
) -> None:
    attempt = attempt_with(OUTSIDE, object_store, tmp_path)

    finished = attempt.call("bento_studio:Broken", "greet", name="Ada")

    assert finished.report.reason == "LoadFailed"
    assert finished.report.message == (
        f"BentoML {OUTSIDE} is installed, and services written with it run with BentoML "
        f"{OLDEST} to {NEWEST}: install one of these in the image."
    )


def _picture(width: int, height: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()
