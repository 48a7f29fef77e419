"""The log of an attempt, and its outputs: while it runs, and when it has ended."""

from __future__ import annotations

import httpx
import pytest

from tests.gateway.place import Place

from .story import Story

CUT = "\n[taskyard: the log was cut: 60 of its 100 bytes, after the first 20, were not kept]\n"
LONG = "h" * 20 + "\n[taskyard: 60 bytes are missing here]\n" + "t" * 20 + CUT


@pytest.fixture
def story(place: Place, task_id: str) -> Story:
    story = Story(place, task_id)
    story.run()
    return story


def logs(http: httpx.Client, story: Story, **query: str | int) -> httpx.Response:
    return http.get(f"/v1/tasks/{story.task_id}/logs", params=query)


def test_a_log_can_be_read_while_its_task_runs_and_after_its_end(
    http: httpx.Client, story: Story
) -> None:
    story.log("Grüße\n")
    running = logs(http, story)
    story.log("done\n")
    story.succeed()
    ended = logs(http, story)

    assert (running.text, ended.text) == ("Grüße\n", "Grüße\ndone\n")
    assert ended.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_newest_attempt_is_told_of_where_none_is_named(
    http: httpx.Client, story: Story
) -> None:
    story.log("first\n")
    story.lose()
    story.run()
    story.log("second\n")

    assert logs(http, story).text == "second\n"
    assert logs(http, story, attempt=1).text == "first\n"


@pytest.mark.parametrize(
    ("lines", "text"), [(0, ""), (1, "last"), (2, "three\nlast"), (9, "one\ntwo\nthree\nlast")]
)
def test_of_a_tail_only_the_last_lines_are_told(
    http: httpx.Client, story: Story, lines: int, text: str
) -> None:
    story.log("one\ntwo\nthree\nlast")

    assert logs(http, story, tail=lines).text == text


def test_a_tail_takes_no_more_bytes_than_the_setting_allows(
    http: httpx.Client, story: Story
) -> None:
    story.log("x" * 99 + "\n" + ("y" * 99 + "\n") * 20_000)

    tail = logs(http, story, tail=900_000_000)

    assert tail.status_code == 200
    assert 2**20 - 100 < len(tail.content) <= 2**20
    assert set(tail.text.splitlines()) == {"y" * 99}


def test_a_log_is_followed_to_the_end_of_its_attempt(http: httpx.Client, story: Story) -> None:
    story.log("one\ntwo\n")
    url = f"/v1/tasks/{story.task_id}/logs?follow=true&tail=1"
    with http.stream("GET", url) as answer:
        texts = answer.iter_text()
        assert next(texts) == "two\n"
        story.log("three\n")
        assert next(texts) == "three\n"
        story.log("four\n")
        story.lose()
        assert "".join(texts) == "four\n"


def test_a_log_that_lost_its_middle_is_followed_as_it_was_written(
    http: httpx.Client, story: Story
) -> None:
    story.log("h" * 20 + "m" * 10)
    with http.stream("GET", f"/v1/tasks/{story.task_id}/logs?follow=true") as answer:
        texts = answer.iter_text()
        assert next(texts) == "h" * 20 + "m" * 10
        story.streams["log"] = b""
        story.log(LONG)
        story.succeed()
        rest = "".join(texts)

    assert rest == "\n[taskyard: 50 bytes are missing here]\n" + "t" * 20 + CUT
    assert logs(http, story).text == LONG


def test_an_attempt_that_is_yet_to_write_has_an_empty_log(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    story = Story(place, task_id)
    queued = logs(http, story)
    story.run()
    running = logs(http, story)

    assert [(answer.status_code, answer.text) for answer in (queued, running)] == [(200, "")] * 2


def test_a_log_that_was_not_stored_is_said_not_to_be_there_and_which_are(
    http: httpx.Client, story: Story
) -> None:
    story.log("first\n")
    story.attempts[0]["logStored"] = True
    story.lose()
    story.run()
    story.succeed()

    answer = logs(http, story)

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == (
        "attempt 2 has left no log; there is one of attempt 1"
    )


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("attempt=2", 404, "there is no attempt 2: the task has had 1 so far"),
        ("attempt=0", 404, "there is no attempt 0: the task has had 1 so far"),
        ("attempt=one", 400, "attempt: give a whole number"),
        ("tail=-1", 400, "tail: give a whole number"),
        ("follow=perhaps", 400, "follow: give true or false"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    http: httpx.Client, story: Story, query: str, status: int, said: str
) -> None:
    answer = http.get(f"/v1/tasks/{story.task_id}/logs?{query}")

    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


def test_outputs_are_listed_in_order_as_far_as_they_have_come(
    http: httpx.Client, story: Story
) -> None:
    url = f"/v1/tasks/{story.task_id}/outputs"
    none = http.get(url).json()
    story.emit(0, {"draft": "Once"})
    story.emit(1, "x" * 3_000_000)
    two = http.get(url).json()
    story.succeed()

    assert none == {"items": []}
    assert [item["index"] for item in two["items"]] == [0, 1]
    assert two["items"][0] == {
        "attempt": 1,
        "index": 0,
        "at": "2026-11-25T12:00:00Z",
        "contentType": "application/json",
        "value": {"draft": "Once"},
    }
    assert len(two["items"][1]["value"]) == 3_000_000
    assert http.get(url).json() == two
    assert http.get(url, params={"attempt": 7}).status_code == 404
