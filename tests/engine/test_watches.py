"""What a listing tells of the watches: one that is silent is mostly one of a quiet cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.watches import Watches
from taskyard_operator.ports import Key
from tests.core.builders import a_run, a_service, an_attempt
from tests.core.tables import table

KEY = Key("team", "call-7")
SERVICE = a_service()


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watches(clock: Clock) -> Watches:
    return Watches(clock)


@pytest.fixture
def cache() -> Cache:
    """The watches have brought a run, its service and its attempt."""
    cache = Cache()
    cache.begin_listing()
    cache.put_run(a_run())
    cache.put_service(SERVICE)
    cache.put_attempt(KEY, an_attempt())
    return cache


class Listed(NamedTuple):
    runs: Sequence[TaskRun] = (a_run(),)
    services: Sequence[TaskService] = (SERVICE,)
    attempts: Sequence[tuple[Key, Attempt]] = ((KEY, an_attempt()),)


def newer(service: TaskService) -> TaskService:
    metadata = service.metadata.model_copy(update={"resource_version": "900"})
    return service.model_copy(update={"metadata": metadata})


@table(
    {
        "what is known": (Listed(), set()),
        "a run as it was before": (Listed(runs=[a_run().version(50)]), set()),
        "a run that has changed": (Listed(runs=[a_run().version(101)]), {"taskruns"}),
        "a new run": (Listed(runs=[a_run(), a_run().named("next")]), {"taskruns"}),
        "a namesake of a run that is gone": (
            Listed(runs=[a_run().with_uid("another")]),
            {"taskruns"},
        ),
        "a service that has changed": (Listed(services=[newer(SERVICE)]), {"taskservices"}),
        "a new service": (Listed(services=[SERVICE.named("another")]), {"taskservices"}),
        "an attempt that has got on": (
            Listed(attempts=[(KEY, an_attempt().running())]),
            {"jobs and pods"},
        ),
        "a new attempt": (
            Listed(attempts=[(KEY, replace(an_attempt(), number=2))]),
            {"jobs and pods"},
        ),
        "what is left of a run that was deleted": (
            Listed(attempts=[(Key("team", "gone"), an_attempt())]),
            set(),
        ),
        "what a namesake has left": (
            Listed(attempts=[(KEY, replace(an_attempt(), owner="namesake"))]),
            set(),
        ),
    }
)
def test_a_listing_is_ahead_of_a_watch_with(
    case: tuple[Listed, set[str]], watches: Watches, cache: Cache
) -> None:
    listed, behind = case

    watches.compare(cache, *listed)

    assert watches.missed().keys() == behind


def test_a_run_that_was_deleted_while_it_was_listed_was_not_missed(
    watches: Watches, cache: Cache
) -> None:
    cache.drop_run(KEY)

    watches.compare(cache, *Listed())

    assert watches.missed() == {}


def test_a_watch_is_behind_until_it_brings_something(
    watches: Watches, cache: Cache, clock: Clock
) -> None:
    ahead = Listed(runs=[a_run().version(101)], attempts=[(KEY, an_attempt().running())])
    watches.compare(cache, *ahead)
    clock.now += 300
    watches.compare(cache, *ahead)
    clock.now += 5
    assert watches.missed() == {"taskruns": 305, "jobs and pods": 305}

    watches.heard("pods")
    assert watches.missed() == {"taskruns": 305}
    watches.heard("taskruns")
    assert watches.missed() == {}


def test_a_watch_tells_since_when_it_is_silent(watches: Watches, clock: Clock) -> None:
    assert watches.silence() == {}

    watches.heard("pods")
    clock.now += 7

    assert watches.silence() == {"pods": 7}


def test_a_watch_of_one_namespace_says_nothing_of_that_of_another(
    watches: Watches, cache: Cache, clock: Clock
) -> None:
    ahead = [a_run().named("next").in_namespace(place) for place in ("here", "there")]
    watches.heard("taskruns", "there")
    watches.compare(cache, *Listed(runs=ahead))
    clock.now += 9

    watches.heard("taskruns", "here")
    assert (watches.missed(), watches.silence()) == ({"taskruns": 9}, {"taskruns": 9})

    watches.heard("taskruns", "there")
    assert (watches.missed(), watches.silence()) == ({}, {"taskruns": 0})


def test_a_watch_of_all_namespaces_is_behind_in_none_once_it_brings_something(
    watches: Watches, cache: Cache
) -> None:
    watches.compare(cache, *Listed(runs=[a_run().named("next")]))

    watches.heard("taskruns")

    assert watches.missed() == {}
