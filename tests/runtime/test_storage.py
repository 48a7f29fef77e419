"""Object storage that refuses, stays away, or holds something else than it should."""

import hashlib
import socket
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import obstore
import pytest

from taskyard.api.runner import InputSource, Ticket

from .runner import Attempt, Finished

AWAY = "http://127.0.0.1:9/bucket/key?X-Amz-Signature=secret"
"""Nothing listens at the discard port."""
GREETING = "Grüße, Ada! ".encode()


@pytest.fixture
def greeting(attempt: Attempt) -> Ticket:
    return attempt.ticket("kinds:Kinds", "greet", attempt.stored(b'{"name": "Ada"}'))


def test_the_report_says_what_was_stored(attempt: Attempt, greeting: Ticket) -> None:
    result = attempt.run(greeting).report.result

    assert result is not None
    assert (result.size, result.status_code) == (len(GREETING), 200)
    assert result.sha256 == hashlib.sha256(GREETING).hexdigest()
    assert result.e_tag == attempt.store.head(f"{attempt.prefix}/result")["e_tag"]


def test_stored_objects_have_their_content_types(attempt: Attempt, greeting: Ticket) -> None:
    attempt.run(greeting)

    assert _content_type(attempt, "result") == "text/plain; charset=utf-8"
    assert _content_type(attempt, "log") == "text/plain; charset=utf-8"


def test_an_input_of_another_size_is_not_run(attempt: Attempt, greeting: Ticket) -> None:
    ticket = replace(greeting, input=replace(greeting.input, size=7))

    report = attempt.run(ticket).report

    assert report.reason == "InputUnavailable"
    assert report.message == (
        "The input could not be fetched: the object has 15 bytes instead of 7."
    )


def test_an_input_of_another_digest_is_not_run(attempt: Attempt, greeting: Ticket) -> None:
    ticket = replace(greeting, input=replace(greeting.input, sha256="0" * 64))

    report = attempt.run(ticket).report

    found = hashlib.sha256(b'{"name": "Ada"}').hexdigest()
    assert report.reason == "InputUnavailable"
    assert report.message == (
        f"The input could not be fetched: the object has SHA-256 {found} instead of {'0' * 64}."
    )


def test_an_input_that_does_not_exist_is_unavailable(attempt: Attempt, greeting: Ticket) -> None:
    ticket = replace(greeting, input=replace(greeting.input, url=attempt.url("GET", "nothing")))

    finished = attempt.run(ticket)

    assert finished.report.reason == "InputUnavailable"
    assert "answered 404 Not Found (NoSuchKey)" in finished.report.message
    assert finished.report.log_stored
    assert finished.report.message in finished.log


def test_a_url_that_has_expired_is_refused_at_once(attempt: Attempt, greeting: Ticket) -> None:
    key = f"{attempt.prefix}/input"
    url = obstore.sign(attempt.store, "PUT", key, timedelta(minutes=5))
    ticket = replace(greeting, input=replace(greeting.input, url=url))
    attempt.environment["TASKYARD_STORE_PATIENCE"] = "3600"

    finished = attempt.run(ticket)

    assert "answered 403 Forbidden (SignatureDoesNotMatch)" in finished.report.message
    _assert_no_secrets(finished)


def test_of_a_url_that_has_expired_before_the_result_came_it_is_said_what_to_do(
    attempt: Attempt, greeting: Ticket
) -> None:
    key = f"{attempt.prefix}/result"
    url = obstore.sign(attempt.store, "PUT", key, timedelta(seconds=1))
    _wait_until_refused(url)

    report = attempt.run(replace(greeting, result_url=url)).report

    assert report.reason == "ResultUploadFailed"
    assert report.message.endswith(
        "the URL of the object has expired, or the credentials that signed it: "
        "storage.urlSeconds must be longer than an attempt takes."
    )


def test_a_store_that_is_away_is_given_up_in_time(attempt: Attempt, greeting: Ticket) -> None:
    ticket = replace(greeting, input=replace(greeting.input, url=AWAY), log_url=AWAY)
    attempt.environment["TASKYARD_STORE_PATIENCE"] = "1.5"

    finished = attempt.run(ticket)

    assert finished.exit_code == 1
    assert finished.report.reason == "InputUnavailable"
    assert finished.report.message == (
        "The input could not be fetched: object storage at 127.0.0.1:9 stayed away for 1.5 s: "
        "Connection refused."
    )
    assert not finished.report.log_stored
    assert "the log could not be stored" in finished.stdout
    _assert_no_secrets(finished)


def test_a_store_that_comes_back_is_waited_for(attempt: Attempt, greeting: Ticket) -> None:
    body = b'{"name": "Ada"}'
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/input"
        with attempt.started(replace(greeting, input=replace(greeting.input, url=url))) as running:
            # Broken before the answer, busy, broken within the answer, and then well.
            for answer in (
                b"",
                b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + body[:5],
                b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + body,
            ):
                connection, _ = server.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(answer)
            finished = running.finish()

    assert finished.result == GREETING


def test_a_result_that_cannot_be_stored_is_reported(attempt: Attempt, greeting: Ticket) -> None:
    attempt.environment["TASKYARD_STORE_PATIENCE"] = "1"

    finished = attempt.run(replace(greeting, result_url=AWAY))

    assert finished.report.reason == "ResultUploadFailed"
    assert finished.report.message == (
        "The result could not be stored: object storage at 127.0.0.1:9 stayed away for 1 s: "
        "Connection refused."
    )
    assert finished.report.log_stored
    _assert_no_secrets(finished)


def test_a_result_that_the_store_refuses_is_reported(attempt: Attempt, greeting: Ticket) -> None:
    ticket = replace(greeting, result_url=attempt.url("GET", "result"))

    finished = attempt.run(ticket)

    assert finished.report.reason == "ResultUploadFailed"
    assert "answered 403 Forbidden (SignatureDoesNotMatch)" in finished.report.message
    _assert_no_secrets(finished)


def test_a_result_larger_than_allowed_is_an_error_of_the_task(attempt: Attempt) -> None:
    ticket = attempt.ticket(
        "failing:Failing", "return_much", InputSource(inline={"size": 1001}), max_result_bytes=1000
    )

    finished = attempt.run(ticket)

    assert finished.report.reason == "TaskError"
    assert finished.report.message == "The result has 1001 bytes, and at most 1000 are allowed."
    assert "result" not in finished.objects


def test_a_large_result_is_stored_whole(attempt: Attempt) -> None:
    size = 30_000_000
    finished = attempt.call("failing:Failing", "return_much", size=size)

    assert finished.result == b"x" * size


def test_a_long_log_keeps_its_two_ends_and_says_what_was_cut(attempt: Attempt) -> None:
    ticket = attempt.ticket(
        "failing:Failing", "chatter", InputSource(inline={"lines": 20_000}), max_log_bytes=5000
    )

    finished = attempt.run(ticket)

    lines = finished.log.splitlines()
    assert 4500 < len(finished.objects["log"]) <= 5000
    assert lines[:2] == ["line 0", "line 1"]
    assert "ValueError: tired" in finished.log
    assert lines[-1].startswith("[taskyard: the log was cut: ")
    assert len(finished.stdout) > 150_000


def test_a_report_that_cannot_be_written_is_no_reason_to_fail(
    attempt: Attempt, greeting: Ticket, tmp_path: Path
) -> None:
    attempt.report_path = tmp_path / "missing" / "report"

    finished = attempt.run(greeting)

    assert finished.exit_code == 0
    assert finished.objects["result"] == GREETING
    assert f"the report cannot be written to {attempt.report_path}" in finished.log


def test_a_runner_without_a_ticket_says_so(attempt: Attempt, greeting: Ticket) -> None:
    class NoTicket(Ticket):
        def to_json(self) -> str:
            return "{}"

    finished = attempt.run(NoTicket(**{f: getattr(greeting, f) for f in Ticket.__slots__}))

    assert finished.exit_code == 1
    assert finished.report.reason == "ProcessCrashed"
    assert "TASKYARD_TICKET holds no valid ticket" in finished.report.message


def _content_type(attempt: Attempt, name: str) -> object:
    return attempt.store.get(f"{attempt.prefix}/{name}").attributes["Content-Type"]


def _assert_no_secrets(finished: Finished) -> None:
    for text in (finished.stdout, finished.report_text, finished.objects.get("log", b"").decode()):
        assert "Signature=" not in text
        assert "secret" not in text


def _wait_until_refused(url: str) -> None:
    deadline = time.monotonic() + 30
    while httpx.put(url, content=b"", trust_env=False).status_code != 403:
        assert time.monotonic() < deadline
        time.sleep(0.1)
