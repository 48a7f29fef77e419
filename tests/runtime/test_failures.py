"""A task that fails says why: in its report, and in its log."""

from typing import Any

import pytest

from taskyard.api.runner import InputSource

from .multipart_body import multipart_body
from .runner import Attempt


def test_an_error_of_the_task_is_reported_with_type_and_text(attempt: Attempt) -> None:
    finished = attempt.call("failing:Failing", "fail", message="seven is too many")

    assert finished.exit_code == 1
    assert finished.report.outcome == "Failed"
    assert finished.report.reason == "TaskError"
    assert finished.report.message == "ValueError: seven is too many"
    assert finished.report.error_type == "ValueError"
    assert finished.report.result is None
    assert "result" not in finished.objects


def test_the_log_of_a_failed_task_is_stored_with_its_traceback(attempt: Attempt) -> None:
    finished = attempt.call("failing:Failing", "fail", message="seven")

    assert finished.report.log_stored
    assert finished.log.startswith("before the end\nTraceback (most recent call last):\n")
    assert "raise ValueError(message)" in finished.log
    assert "taskyard_runtime" not in finished.log
    assert finished.stdout == finished.log


def test_an_async_task_fails_with_its_own_error(attempt: Attempt) -> None:
    report = attempt.call("failing:Failing", "fail_later").report

    assert (report.reason, report.message) == ("TaskError", "failing.TooMany: seven")
    assert report.error_type == "failing.TooMany"


def test_an_error_that_cannot_be_printed_is_reported_all_the_same(attempt: Attempt) -> None:
    report = attempt.call("failing:Failing", "fail_unprintably").report

    assert (report.reason, report.error_type) == ("TaskError", "failing.Unprintable")
    assert report.message == "failing.Unprintable: <this exception cannot be printed>"


def test_sys_exit_in_a_task_is_an_error_of_the_task(attempt: Attempt) -> None:
    report = attempt.call("failing:Failing", "leave").report

    assert (report.reason, report.message) == ("TaskError", "SystemExit: I am gone")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(ord("x"), id="of letters"),
        pytest.param(0, id="of characters that JSON escapes"),
        pytest.param(0x1F600, id="of characters of four bytes"),
        pytest.param(0xD800, id="of what is no Unicode"),
    ],
)
def test_a_report_fits_the_kubelets_4_kib_with_a_huge_message(attempt: Attempt, code: int) -> None:
    finished = attempt.call("failing:Failing", "fail_at_length", code=code)

    assert len(finished.report_text.encode()) <= 4096
    assert finished.report.reason == "TaskError"
    assert finished.report.error_type == "ValueError"


def test_an_error_as_large_as_its_data_is_reported_at_once(attempt: Attempt) -> None:
    report = attempt.call("failing:Failing", "fail_with_all_its_data", size=100_000_000).report

    assert report.message.startswith("ValueError: xxx")


def test_a_report_keeps_to_what_its_ticket_leaves_it(attempt: Attempt) -> None:
    arguments = InputSource(inline={"code": ord("x")})
    ticket = attempt.ticket("failing:Failing", "fail_at_length", arguments, max_report_bytes=700)

    finished = attempt.run(ticket)

    assert 600 < len(finished.report_text.encode()) <= 700
    assert finished.report.reason == "TaskError"


@pytest.mark.parametrize(
    ("task", "arguments", "want"),
    [
        ("exit_at_once", {"code": 3}, "ended with exit code 3 before the task returned."),
        ("exit_at_once", {"code": 0}, "ended with exit code 0 before the task returned."),
        ("kill_itself", {}, "was killed by signal SIGKILL."),
        ("read_address_zero", {}, "was killed by signal SIGSEGV."),
        (
            "end_its_process_group",
            {},
            "was sent SIGTERM, by itself or by another process of the task.",
        ),
    ],
)
def test_a_process_that_dies_is_reported_as_crashed(
    attempt: Attempt, task: str, arguments: dict[str, Any], want: str
) -> None:
    finished = attempt.call("failing:Failing", task, **arguments)

    assert finished.report.reason == "ProcessCrashed"
    assert finished.report.message == f"The task's process {want}"
    assert finished.report.log_stored
    assert finished.exit_code == 1


def test_a_crash_in_native_code_leaves_a_traceback_in_the_log(attempt: Attempt) -> None:
    finished = attempt.call("failing:Failing", "read_address_zero")

    assert "Fatal Python error: Segmentation fault" in finished.log
    assert "in read_address_zero" in finished.log


WRONG_TYPE = (
    "The task returned a value that does not fit its return annotation: "
    "Input should be a valid integer, unable to parse string as an integer."
)
NO_PICTURE = "The task returned bytes, and its return annotation says PIL.Image.Image."
MISSING_FILE = "The task returned the path nowhere.txt, and no file is there."
NO_JSON = (
    "The task returned a value that cannot be written as JSON: "
    "Unable to serialize unknown type: <class 'object'>."
)


@pytest.mark.parametrize(
    ("task", "want"),
    [
        ("return_wrong_type", WRONG_TYPE),
        ("return_no_picture", NO_PICTURE),
        ("return_missing_file", MISSING_FILE),
        ("return_anything", NO_JSON),
    ],
)
def test_a_result_that_does_not_fit_the_annotation_is_an_error_of_the_task(
    attempt: Attempt, task: str, want: str
) -> None:
    report = attempt.call("failing:Failing", task).report

    assert (report.reason, report.message) == ("TaskError", want)


NOT_A_SERVICE = "Undecorated is not a service: decorate the class with @taskyard.service."


@pytest.mark.parametrize(
    ("entrypoint", "task", "want"),
    [
        ("unimportable:Service", "run", "unimportable could not be imported: ZeroDivisionError: "),
        ("nowhere:Service", "run", "nowhere could not be imported: ModuleNotFoundError: "),
        ("failing:Nobody", "run", "module failing has no class Nobody."),
        ("failing:Undecorated", "run", NOT_A_SERVICE),
        ("failing:Unbuildable", "walk", "Unbuildable has no task 'walk'; its tasks are: run."),
        (
            "failing:Unbuildable",
            "run",
            "Unbuildable could not be built: RuntimeError: no weights at /models",
        ),
    ],
)
def test_a_class_that_cannot_be_had_is_reported_with_the_real_reason(
    attempt: Attempt, entrypoint: str, task: str, want: str
) -> None:
    report = attempt.call(entrypoint, task).report

    assert report.reason == "LoadFailed"
    assert report.message.startswith(want)


@pytest.mark.parametrize(
    ("entrypoint", "task", "arguments", "want"),
    [
        pytest.param(
            "kinds:Kinds", "add", {"a": "many"},
            "a: Input should be a valid number, unable to parse string as a number",
            id="wrong type",
        ),
        pytest.param("kinds:Kinds", "add", {}, "a: Field required", id="missing"),
        pytest.param(
            "kinds:Kinds", "add", {"a": 1, "c": 2}, "c: the task has no such argument",
            id="unknown",
        ),
        pytest.param(
            "kinds:Kinds", "grow", {"sketch": {"title": 1, "sizes": [{"width": 0}]}, "by": "x"},
            "sketch.title: Input should be a valid string; "
            "sketch.sizes.0.width: Input should be greater than or equal to 1; "
            "by: Input should be a valid integer, unable to parse string as an integer",
            id="all that is wrong",
        ),
        pytest.param("kinds:Kinds", "describe", {}, "document: is required", id="missing file"),
        pytest.param(
            "kinds:Kinds", "describe", {"document": "/etc/passwd"},
            "document: must be a file part of a multipart/form-data body, with a file name",
            id="text for a file",
        ),
        pytest.param(
            "failing:Unbuildable", "run", {"steps": "x"},
            "steps: Input should be a valid integer, unable to parse string as an integer",
            id="found before the class is built",
        ),
    ],
)  # fmt: skip
def test_an_input_that_does_not_fit_is_reported_by_field(
    attempt: Attempt, entrypoint: str, task: str, arguments: dict[str, Any], want: str
) -> None:
    report = attempt.call(entrypoint, task, **arguments).report

    assert (report.reason, report.message) == ("InvalidInput", want)


NO_PICTURE_AT_ALL = "image: is not a picture in a format that can be read"
HALF_A_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a730000001049444154"
)


@pytest.mark.parametrize(
    ("content", "want"),
    [
        (b"no picture at all", NO_PICTURE_AT_ALL),
        (HALF_A_PICTURE, "image: is a broken picture: "),
    ],
)
def test_a_broken_picture_is_an_invalid_input(attempt: Attempt, content: bytes, want: str) -> None:
    source = attempt.stored(*multipart_body([("image", "a.png", content)]))

    report = attempt.run(attempt.ticket("kinds:Kinds", "mirror", source)).report

    assert report.reason == "InvalidInput"
    assert report.message.startswith(want)


@pytest.mark.parametrize(
    ("body", "content_type", "want"),
    [
        (b"{oops", "application/json", "the body is no valid JSON: "),
        (b"[1]", "application/json", "the body must be a JSON object with the arguments by name"),
        (
            b"--x\r\n",
            "multipart/form-data; boundary=x",
            "the body is no valid multipart/form-data: ",
        ),
        (b"", "multipart/form-data", "the body is no valid multipart/form-data: "),
    ],
)
def test_a_body_that_is_not_what_it_says_is_an_invalid_input(
    attempt: Attempt, body: bytes, content_type: str, want: str
) -> None:
    source = attempt.stored(body, content_type)

    report = attempt.run(attempt.ticket("kinds:Kinds", "greet", source)).report

    assert report.reason == "InvalidInput"
    assert report.message.startswith(want)
