"""Pauses as numbers."""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from taskyard._client._commands import Flow, Pause
from taskyard._client._lookout import Ended, Lookout
from taskyard._client._outcomes import Failure, Outcome, Reply
from taskyard._client._pacing import Deadline, backoff, retry_after
from taskyard._errors import APIConnectionError

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("86400", 60),
        ("Tue, 24 Nov 2026 05:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 04:00:00 GMT", 0),
        ("Wed, 25 Nov 2026 05:00:00 GMT", 60),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_what_the_server_asks_for(text: str, seconds: float | None) -> None:
    assert retry_after(Reply(503, {"retry-after": text}), NOW) == seconds


@pytest.mark.parametrize(
    "outcome", [Reply(503, {}), Failure(APIConnectionError("cut"), passing=True)]
)
def test_pauses_double_up_to_a_cap_and_are_spread_down_to_nothing(outcome: Outcome) -> None:
    longest = [backoff(tries, outcome, lambda: 1.0, NOW) for tries in range(1, 8)]

    assert longest == [0.5, 1, 2, 4, 8, 8, 8]
    assert backoff(3, outcome, lambda: 0.0, NOW) == 0


def test_all_who_were_asked_to_come_back_do_not_come_at_once() -> None:
    asked = Reply(503, {"retry-after": "10"})

    assert backoff(1, asked, lambda: 0.0, NOW) == 10
    assert backoff(1, asked, lambda: 1.0, NOW) == 10.125


def test_a_deadline_counts_down_and_stops_at_nothing() -> None:
    time = [5.0]
    deadline = Deadline(lambda: time[0], 10)

    assert (deadline.left, deadline.bound, deadline.passed) == (10, 10, False)
    time[0] = 20
    assert (deadline.left, deadline.bound, deadline.passed) == (0, 1, True)
    assert Deadline(lambda: 0.0, None).bound is None


def test_each_of_thousands_is_looked_at_within_a_second_though_some_end_all_the_time() -> None:
    asked = set[str]()

    def first_has_ended(ids: Sequence[str], seconds: float) -> Flow[Ended]:
        asked.update(ids)
        yield from ()
        return {ids[0]: None}

    tasks = [f"run-{number}" for number in range(5000)]
    lookout = Lookout(first_has_ended, Deadline(lambda: 0.0, None), deque(tasks))
    commands = list[object]()
    while len(asked) < len(tasks):
        commands += lookout.look()

    pauses = [command.seconds for command in commands if isinstance(command, Pause)]
    assert sum(pauses) == pytest.approx(1)
