"""The order of requests and pauses, with a clock that only moves when a pause is taken."""

import json
import ssl
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, TypeVar

import pytest

import taskyard
from taskyard._client._body import Body, opened
from taskyard._client._commands import Pause, Send
from taskyard._client._conversation import Conversation
from taskyard._client._filters import Filters
from taskyard._client._http import failure
from taskyard._client._outcomes import Failure, Outcome, Reply, Request, may_repeat
from taskyard._client._protocol import Requests
from taskyard._client._schema import OwnApi, ServiceSchema, TaskSchema

T = TypeVar("T")
TASK = TaskSchema("paint", "/paint", "", (), {})
AWAY = Reply(503, {})
REFUSED = Failure(taskyard.APIConnectionError("refused", sent=False), passing=True)
CUT = Failure(taskyard.APIConnectionError("cut"), passing=True)
BAD_CERTIFICATE = Failure(taskyard.APIConnectionError("certificate", sent=False), passing=False)


def status(word: str) -> Reply:
    return Reply(200, {}, b'{"task_id": "r", "status": "%s"}' % word.encode())


class Play:
    """Plays the server: `answer` gives the outcome for each request; time passes by pauses only."""

    def __init__(self, answer: Callable[[Request], Outcome]) -> None:
        self.answer = answer
        self.now = 0.0
        self.pauses: list[float] = []
        self.urls: list[str] = []
        self.conversation = Conversation(
            Requests("http://host/base/"), 30, clock=lambda: self.now, draw=lambda: 1.0
        )

    def run(self, flow: Generator[Any, Any, T]) -> T:
        outcome: Outcome | None = None
        while True:
            try:
                command = flow.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = self._do(command)

    def _do(self, command: object) -> Outcome | None:
        if isinstance(command, Send):
            self.urls.append(f"{command.request.method} {command.request.url}")
            return self.answer(command.request)
        assert isinstance(command, Pause)
        self.pauses.append(command.seconds)
        self.now += command.seconds
        return None

    def wait(self, timeout: float | None = None, interval: float | None = None) -> Any:
        return self.run(self.conversation.wait(TASK, "r", timeout, interval, None))


def test_looks_begin_quickly_and_settle_at_two_seconds() -> None:
    play = Play(lambda _: status("pending") if len(play.pauses) < 10 else status("success"))

    assert play.wait() == "success"
    assert play.pauses[:3] == pytest.approx([0.1, 0.15, 0.225])
    assert play.pauses[-2:] == [2.0, 2.0]


def test_an_interval_of_ones_own_stays() -> None:
    play = Play(lambda _: status("pending") if len(play.pauses) < 3 else status("failure"))

    assert play.wait(interval=5) == "failure"
    assert play.pauses == [5, 5, 5]


def test_waiting_ends_at_the_deadline_with_a_last_look() -> None:
    play = Play(lambda _: status("in_progress"))

    with pytest.raises(taskyard.WaitTimeout, match=r"task r had not ended after 10 s"):
        play.wait(timeout=10)
    assert sum(play.pauses) == pytest.approx(10)
    assert len(play.urls) == len(play.pauses) + 1


def test_waiting_no_time_is_one_look() -> None:
    play = Play(lambda _: status("success"))

    assert play.wait(timeout=0).finished
    assert play.pauses == []


@pytest.mark.parametrize("outage", [AWAY, REFUSED, CUT])
def test_waiting_outlives_an_outage_of_minutes_and_not_one_of_hours(outage: Outcome) -> None:
    short = Play(lambda _: outage if short.now < 200 else status("success"))
    long = Play(lambda _: outage)

    assert short.wait().finished
    with pytest.raises((taskyard.ServerError, taskyard.APIConnectionError)):
        long.wait()
    assert 300 <= long.now < 310


def test_waiting_keeps_the_pause_that_the_server_asks_for() -> None:
    busy = Reply(429, {"retry-after": "20"})
    play = Play(lambda _: busy if play.now < 1 else status("success"))

    play.wait()

    assert play.pauses == [20]


def test_waiting_for_an_unknown_task_ends_at_once() -> None:
    with pytest.raises(taskyard.NotFound):
        Play(lambda _: Reply(404, {})).wait()


def test_a_pause_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="poll_interval is in seconds"):
        Play(lambda _: AWAY).wait(interval=0)


def test_tries_are_five_with_growing_pauses() -> None:
    play = Play(lambda _: AWAY)

    with pytest.raises(taskyard.ServerError):
        play.run(play.conversation.status(TASK, "r"))
    assert play.pauses == [0.5, 1.0, 2.0, 4.0]
    assert len(play.urls) == 5


def test_readiness_is_asked_with_pauses_until_its_time_is_over() -> None:
    play = Play(lambda _: REFUSED)

    with pytest.raises(
        taskyard.APITimeoutError, match=r"http://host/base was not ready within 30 s: refused"
    ):
        play.run(play.conversation.schema())
    assert play.now == pytest.approx(30)
    assert len(play.urls) < 30


@pytest.mark.parametrize("hopeless", [BAD_CERTIFICATE, Reply(401, {}), Reply(404, {})])
def test_what_waiting_cannot_mend_is_told_at_once(hopeless: Outcome) -> None:
    play = Play(lambda _: hopeless)

    with pytest.raises(taskyard.TaskyardError):
        play.run(play.conversation.schema())
    assert play.pauses == []


class Pipe:
    """The reading end of something that cannot be wound back."""

    name = "pipe"

    def seekable(self) -> bool:
        return False


CUT_OFF = Reply(500, {}, b"Internal Server Error")
READ = Request("GET", "http://host/status", harmless=True)
SUBMIT = Request("POST", "http://host/submit", Body("application/json", (b"{}",)))
PIPED = Request("POST", "http://host/submit", Body("x", (opened(Pipe()),)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "outcome", "repeated"),
    [
        pytest.param(READ, CUT, True, id="a read that was cut off"),
        pytest.param(READ, Reply(502, {}), True, id="a read behind a broken proxy"),
        pytest.param(READ, Reply(500, {}), False, id="a read that broke the server"),
        pytest.param(READ, CUT_OFF, True, id="a read that the end of a server cut off"),
        pytest.param(SUBMIT, CUT_OFF, False, id="a submit that the end of a server cut off"),
        pytest.param(READ, Reply(404, {}), False, id="a read of what is not there"),
        pytest.param(READ, BAD_CERTIFICATE, False, id="a read from a server nobody trusts"),
        pytest.param(SUBMIT, REFUSED, True, id="a submit that was never sent"),
        pytest.param(SUBMIT, Reply(503, {}), True, id="a submit that was turned away"),
        pytest.param(SUBMIT, Reply(429, {}), True, id="a submit that was one too many"),
        pytest.param(SUBMIT, CUT, False, id="a submit that may have arrived"),
        pytest.param(SUBMIT, Reply(504, {}), False, id="a submit that may have been slow"),
        pytest.param(PIPED, Reply(503, {}), False, id="a submit whose body is gone"),
    ],
)
def test_what_is_sent_again(request_: Request, outcome: Outcome, repeated: bool) -> None:
    assert may_repeat(request_, outcome) is repeated


def test_a_bad_certificate_is_not_tried_again() -> None:
    import httpx

    error = httpx.ConnectError("handshake")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")

    assert not failure(READ, error).passing
    assert failure(READ, httpx.ReadTimeout("")).passing
    assert isinstance(failure(READ, httpx.ReadTimeout("")).error, TimeoutError)


def test_whoever_waits_for_many_with_a_limit_does_not_wait_longer_for_a_server_that_is_away() -> (
    None
):
    play = Play(lambda request: REFUSED)
    own = replace(TASK, own=OwnApi("http://host/v1", "studio"))

    with pytest.raises(taskyard.WaitTimeout, match="the server is away"):
        play.run(play.conversation.completed({"r": own}, timeout=5))

    assert play.now == 5


@pytest.mark.parametrize(
    ("answers", "ids"),
    [
        ([(["c", "b"], True), (["a"], False)], ["c", "b", "a"]),
        ([(["a"], True), ([], True)], ["a"]),  # those that are left are not to be had
    ],
)
def test_a_cancel_of_many_is_asked_for_until_none_is_left(
    answers: list[tuple[list[str], bool]], ids: list[str]
) -> None:
    told = iter(answers)

    def answer(request: Request) -> Reply:
        assert request.url == "http://host/v1/tasks/cancel?service=studio&phase=Queued"
        asked, more = next(told)
        return Reply(200, {}, json.dumps({"ids": asked, "more": more}).encode())

    play = Play(answer)
    service = ServiceSchema("Studio", {}, OwnApi("http://host/v1", "studio"))
    filters = Filters.of(None, "Queued", None, None, None, None)

    assert play.run(play.conversation.cancel_many(service, filters)) == ids
    assert next(told, None) is None
