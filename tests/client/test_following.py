"""A task is followed over connections that break off anywhere; the clock moves by pauses only."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import taskyard
from taskyard._client._commands import Open, Pause, Read, Tell, Telling
from taskyard._client._conversation import Conversation
from taskyard._client._outcomes import Failure, Outcome, Reply, Request
from taskyard._client._protocol import Requests
from taskyard._client._schema import OwnApi, TaskSchema
from taskyard._client._sse import EventReader

TASK = TaskSchema("paint", "/paint", "", (), {}, own=OwnApi("http://host/v1", "studio"))
CUT = Failure(taskyard.APIConnectionError("cut"), passing=True)
AWAY = Reply(503, {})
Body = Sequence[bytes | Failure]


def sent(number: int, kind: str, **data: Any) -> bytes:
    return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n".encode()


class Play:
    """Plays the server: one answer after another, each with the pieces of its body."""

    def __init__(self, *answers: tuple[Outcome, Body]) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []
        self.pauses: list[float] = []
        self.body: Iterator[bytes | Failure] = iter(())
        self.conversation = Conversation(
            Requests("http://host"), 30, clock=lambda: sum(self.pauses), draw=lambda: 1.0
        )

    def told(self, telling: Telling[Any]) -> Iterator[Any]:
        answer: object = None
        while True:
            try:
                command = telling.send(answer)
            except StopIteration:
                return
            answer = None
            match command:
                case Tell(item):
                    yield item
                case Open(request):
                    self.asked.append(request)
                    last = len(self.answers) == 1
                    answer, body = self.answers[0] if last else self.answers.pop(0)
                    self.body = iter(body)
                case Read():
                    answer = next(self.body, None)
                case Pause(seconds):
                    self.pauses.append(seconds)

    def events(self, after: str | None = None) -> list[tuple[str, str]]:
        told = self.told(self.conversation.events(TASK, "r", after, ()))
        return [(event.id, event.kind) for event in told]

    def lines(self, attempt: int | None = None) -> list[str]:
        return list(self.told(self.conversation.log_lines(TASK, "r", attempt)))

    @property
    def resumed(self) -> list[str | None]:
        return [request.headers.get("Last-Event-ID") for request in self.asked]


OK = Reply(200, {"content-type": "text/event-stream; charset=utf-8"})
WHOLE = [sent(1, "phase", phase="Running"), sent(2, "log", text="a"), sent(3, "end")]
ALL = [("1", "phase"), ("2", "log"), ("3", "end")]


def test_a_connection_that_breaks_off_goes_on_behind_the_last_event() -> None:
    play = Play((OK, [WHOLE[0], WHOLE[1][:20], CUT]), (OK, WHOLE[1:2]), (OK, WHOLE[2:]))

    assert play.events() == ALL
    assert play.resumed == [None, "1", "2"]


def test_a_gateway_that_is_away_is_asked_again_until_patience_is_over() -> None:
    back = Play((OK, WHOLE[:1]), (AWAY, []), (CUT, []), (OK, WHOLE[1:]))
    gone = Play((OK, WHOLE[:1]), (AWAY, []))

    assert back.events() == ALL
    with pytest.raises(taskyard.ServerError):
        gone.events()
    assert 300 <= sum(gone.pauses) < 320


def test_a_quiet_task_is_followed_for_days_over_connections_that_proxies_cut() -> None:
    quiet: list[tuple[Outcome, Body]] = [(OK, [b": nothing\n\n", CUT])] * 2000
    play = Play(*quiet, (OK, WHOLE))

    assert play.events() == ALL


def test_the_server_says_when_to_come_again() -> None:
    play = Play((OK, [b"retry: 1500\n\n", WHOLE[0]]), (OK, WHOLE[1:]))

    play.events()

    assert play.pauses == [1.5]


def test_who_goes_on_behind_the_end_is_told_nothing() -> None:
    play = Play((Reply(204, {}), []))

    assert play.events(after="3") == []
    assert play.resumed == ["3"]


def test_a_task_that_is_deleted_meanwhile_is_not_found() -> None:
    error = {"reason": "NotFound", "message": "task_id not found"}
    play = Play((OK, [WHOLE[0], sent(2, "end", id="r", error=error)]))

    with pytest.raises(taskyard.NotFound, match="NotFound: task_id not found") as caught:
        play.events()
    assert caught.value.task_id == "r"


@pytest.mark.parametrize("headers", [{"content-type": "text/html; charset=utf-8"}, {}])
def test_an_answer_that_is_no_stream_of_events_is_an_error_and_not_asked_for_again(
    headers: dict[str, str],
) -> None:
    play = Play((OK, WHOLE[:1]), (Reply(200, headers), [b"<h1>Please log in</h1>"]))

    with pytest.raises(
        taskyard.APIError, match=r"no events, but .*; is the address right"
    ) as error:
        play.events()
    assert (error.value.status_code, error.value.reason) == (200, "UnexpectedAnswer")
    assert len(play.asked) == 2


def test_events_need_a_server_that_has_them() -> None:
    old = TaskSchema("paint", "/paint", "", (), {})

    with pytest.raises(taskyard.Unsupported, match=r"events\(\) needs"):
        Play().conversation.events(old, "r", None, ())


LOG = [
    sent(1, "log", attempt=1, text="one\ntw"),
    sent(2, "log", attempt=1, text="o\nthr"),
    sent(3, "phase", attempt=2, phase="Running"),
    sent(4, "log", attempt=2, text="four\nfi"),
    sent(5, "end", attempt=2, phase="Succeeded"),
]


@pytest.mark.parametrize(
    ("attempt", "lines"),
    [(None, ["one", "two", "thr", "four", "fi"]), (1, ["one", "two", "thr"]), (2, ["four", "fi"])],
)
def test_a_log_is_told_line_by_line(attempt: int | None, lines: list[str]) -> None:
    assert Play((OK, LOG)).lines(attempt) == lines


def every_cut(body: bytes) -> Iterator[list[bytes]]:
    return ([body[:cut], body[cut:]] for cut in range(len(body)))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_events_are_read_however_they_are_cut(newline: str) -> None:
    text = ": hello\n\nretry: 250\n\nid: 7\nevent: log\ndata: {\ndata: ü}\n\ndata\n\nid: 8\n\n"
    for pieces in every_cut(text.replace("\n", newline).encode()):
        reader = EventReader()
        read: Callable[[bytes], Any] = reader.events
        events = [event for piece in pieces for event in read(piece)]

        assert [(event.id, event.name, event.data) for event in events] == [
            ("7", "log", "{\nü}"),
            ("7", "message", ""),
        ]
        assert reader.retry == 0.25
