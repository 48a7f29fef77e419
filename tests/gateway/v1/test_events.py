"""The events of a task: all of them, in order, each once, however often the connection is lost."""

from __future__ import annotations

from itertools import islice

import httpx
import pytest

from tests.gateway.place import Place

from .story import Heard, Story, following


@pytest.fixture
def story(place: Place, task_id: str) -> Story:
    return Story(place, task_id)


def test_a_task_is_followed_from_its_place_in_line_to_its_end(
    http: httpx.Client, story: Story
) -> None:
    with following(http, story.task_id) as events:
        assert next(events).short == ("phase", "Queued")
        story.run()
        assert next(events).short == ("phase", "Running")
        story.progress(1, 0.25)
        assert next(events).short == ("progress", 0.25)
        story.emit(0, {"draft": "Once"})
        assert next(events).short == ("output", {"draft": "Once"})
        story.log("Hello,\n")
        assert next(events).short == ("log", "Hello,\n")
        story.log("wörld.\n")
        assert next(events).short == ("log", "wörld.\n")
        story.succeed()
        assert [event.short for event in events] == [("phase", "Succeeded"), ("end", "Succeeded")]


@pytest.fixture
def ended(story: Story) -> Story:
    """A task that succeeded with its second attempt; both have left something."""
    story.run()
    story.progress(1, 0.5)
    story.log("first try\n")
    story.lose()
    story.run()
    story.progress(11, 0.25)
    story.progress(12, 1.0)
    story.emit(0, "a")
    story.emit(1, ["b", 2])
    story.log("second try\n")
    story.succeed()
    return story


WHOLE = [
    ("phase", "Running"),
    ("progress", 0.5),
    ("log", "first try\n"),
    ("phase", "Running"),
    ("progress", 0.25),
    ("progress", 1.0),
    ("output", "a"),
    ("output", ["b", 2]),
    ("log", "second try\n"),
    ("phase", "Succeeded"),
    ("end", "Succeeded"),
]


def heard(http: httpx.Client, task_id: str, last: str | None = None, **query: str) -> list[Heard]:
    """All events to the end."""
    with following(http, task_id, last, **query) as events:
        return list(events)


def test_all_of_a_task_that_has_ended_is_told_and_from_any_event_on_the_rest_of_it(
    http: httpx.Client, ended: Story
) -> None:
    events = heard(http, ended.task_id)

    assert [event.short for event in events] == WHOLE
    assert len({event.id for event in events}) == len(events)
    assert events[-1].data == http.get(f"/v1/tasks/{ended.task_id}").json()
    for index, event in enumerate(events[:-1], 1):
        assert heard(http, ended.task_id, event.id) == events[index:]


def test_who_has_heard_the_end_is_told_not_to_come_again(http: httpx.Client, ended: Story) -> None:
    end = heard(http, ended.task_id)[-1]

    answer = http.get(f"/v1/tasks/{ended.task_id}/events", headers={"last-event-id": end.id})

    assert (answer.status_code, answer.content) == (204, b"")


def test_only_what_is_asked_for_is_told_and_the_end(http: httpx.Client, ended: Story) -> None:
    events = heard(http, ended.task_id, only="log,output")

    assert [event.short for event in events] == [
        event for event in WHOLE if event[0] in ("log", "output", "end")
    ]
    [end] = heard(http, ended.task_id, only="end")
    assert end.name == "end"


def test_what_happened_while_nobody_listened_is_told_then(http: httpx.Client, story: Story) -> None:
    story.run()
    story.log("one\n")
    with following(http, story.task_id) as events:
        first, second = islice(events, 2)
    story.log("two\n")
    story.lose()
    story.run()
    story.log("three\n")

    with following(http, story.task_id, second.id) as events:
        rest = list(islice(events, 3))
        story.succeed()
        rest.extend(events)

    assert [event.short for event in (first, second)] == [("phase", "Running"), ("log", "one\n")]
    assert [event.short for event in rest] == [
        ("log", "two\n"),
        ("phase", "Running"),
        ("log", "three\n"),
        ("phase", "Succeeded"),
        ("end", "Succeeded"),
    ]
    assert [event.data["attempt"] for event in rest] == [1, 2, 2, 2, 2]


def test_the_same_is_told_when_only_the_record_is_left(http: httpx.Client, ended: Story) -> None:
    before = heard(http, ended.task_id)
    ended.be_deleted(recorded=True)

    after = heard(http, ended.task_id)

    assert after == before
    assert heard(http, ended.task_id, before[3].id) == before[4:]


def test_a_task_that_is_deleted_while_it_is_followed_ends_with_an_error(
    http: httpx.Client, story: Story
) -> None:
    with following(http, story.task_id) as events:
        assert next(events).short == ("phase", "Queued")
        story.be_deleted(recorded=False)
        [end] = events

    assert end.name == "end"
    assert end.data["error"]["reason"] == "NotFound"


@pytest.mark.parametrize(
    ("headers", "query", "field"),
    [
        ({"last-event-id": "17"}, "", "Last-Event-ID"),
        ({"last-event-id": "1.0.0.0.0.new; drop"}, "", "Last-Event-ID"),
        ({}, "?only=phase,weather", "only"),
    ],
)
def test_what_makes_no_sense_is_said_to_whoever_sent_it(
    http: httpx.Client, task_id: str, headers: dict[str, str], query: str, field: str
) -> None:
    answer = http.get(f"/v1/tasks/{task_id}/events{query}", headers=headers)

    assert answer.status_code == 400
    [fault] = answer.json()["error"]["detail"]
    assert fault["loc"] == [field]


def test_a_task_that_never_was_has_no_events(http: httpx.Client) -> None:
    answer = http.get("/v1/tasks/never/events")

    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "NotFound")
