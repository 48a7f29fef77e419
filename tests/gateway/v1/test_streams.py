"""What streams cost, and how they end that nobody reads, wants, or has a place for."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.gateway.conftest import StartGateway, submitted
from tests.gateway.place import Place
from tests.gateway.process import Gateway
from tests.gateway.waiting import soon

from .story import Story, following

MIB = 1024**2


@pytest.fixture
def small(place: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    """A gateway with room for three streams, which are silent for a second at most."""
    settings = {"rootService": "studio", "maxStreams": 3, "heartbeatSeconds": 1}
    with start_gateway(place, **settings) as gateway:
        yield gateway


@pytest.fixture
def story(place: Place, small: Gateway) -> Story:
    with small.client() as http:
        story = Story(place, submitted(http.post("/echo/submit", json={"value": 1})))
    story.run()
    return story


def test_a_stream_that_has_nothing_to_tell_shows_that_it_is_there(
    small: Gateway, story: Story
) -> None:
    url = f"/v1/tasks/{story.task_id}/events"
    with small.client() as http, http.stream("GET", url) as answer:
        lines = answer.iter_lines()
        first = next(lines)
        silent = [line for line in (next(lines) for _ in range(9)) if line == ":"]

    assert re.fullmatch(r"retry: \d+", first)
    assert silent
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"


def test_there_are_no_more_streams_than_the_setting_allows_and_each_that_ends_makes_room(
    small: Gateway, story: Story
) -> None:
    with small.client() as http:
        with ExitStack() as open_streams:
            # Kept: an iterator that is dropped closes its connection.
            streams = [open_streams.enter_context(following(http, story.task_id)) for _ in range(3)]
            assert [next(stream).short for stream in streams] == [("phase", "Running")] * 3
            answer = http.get(f"/v1/tasks/{story.task_id}/events")
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert "gateway.maxStreams allows (3)" in answer.json()["error"]["message"]
            assert http.get(f"/v1/tasks/{story.task_id}").status_code == 200

        # Their clients have gone without a word.
        soon(lambda: _has_room(http, story))


def test_who_does_not_read_costs_no_memory_and_misses_nothing(small: Gateway, story: Story) -> None:
    story.log("x" * 99 + "\n")
    with small.client() as http:
        with following(http, story.task_id) as events:
            next(events)
        story.log(("y" * 99 + "\n") * 300_000)
        idle = small.memory()
        with (
            _unread(small, story) as one,
            _unread(small, story) as another,
            following(http, story.task_id, only="log") as events,
        ):
            size = 0
            for event in events:
                size += len(event.data["text"])
                if size == 300_001 * 100:
                    break
            assert small.memory().peak - idle.now < 40 * MIB
            one.close()
            another.close()


def test_a_followed_log_whose_gateway_ends_breaks_off_and_an_event_stream_ends_well(
    small: Gateway, story: Story
) -> None:
    story.log("one\n")
    url = f"/v1/tasks/{story.task_id}/logs?follow=true"
    with (
        small.client() as http,
        http.stream("GET", url) as log,
        following(http, story.task_id) as events,
    ):
        texts = log.iter_text()
        assert next(texts) == "one\n"
        assert next(events).name == "phase"
        small.signal(signal.SIGTERM)
        assert small.wait() == 0
        assert [event.name for event in events] in ([], ["log"])
        with pytest.raises(httpx.RemoteProtocolError):
            next(texts)
    assert "Traceback" not in small.log()


def _has_room(http: httpx.Client, story: Story) -> bool:
    with http.stream("GET", f"/v1/tasks/{story.task_id}/events") as answer:
        return answer.status_code == 200


def _unread(gateway: Gateway, story: Story) -> socket.socket:
    """A client that asks for events and takes none of them."""
    address = urlsplit(gateway.url)
    client = socket.create_connection((str(address.hostname), int(address.port or 0)))
    request = f"GET /v1/tasks/{story.task_id}/events HTTP/1.1\r\nHost: x\r\n\r\n"
    client.sendall(request.encode())
    return client
