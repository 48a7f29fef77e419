"""What was last seen."""

import pytest

from taskyard.api.reasons import Phase
from taskyard.api.taskservice import Retention
from taskyard_operator.engine.cache import Cache
from taskyard_operator.ports import Key
from tests.core.builders import OTHER_UID, RUN_UID, a_run, a_service, an_attempt

KEY = Key("team", "call-7")
SERVICE = Key("team", "summarizer")


@pytest.fixture
def cache() -> Cache:
    return Cache()


def test_what_was_put_is_there(cache: Cache) -> None:
    assert cache.put_run(a_run())
    cache.put_service(a_service())
    cache.put_attempt(KEY, an_attempt())

    assert cache.run(KEY) == a_run()
    assert cache.service_of(a_run()) == a_service()
    assert cache.attempts(KEY) == [an_attempt()]
    assert cache.unfinished_runs() == [KEY]
    assert len(list(cache.runs())) == 1


def test_what_was_not_put_is_not_there(cache: Cache) -> None:
    assert cache.run(KEY) is None
    assert cache.service_of(a_run()) is None
    assert cache.attempts(KEY) == []
    assert cache.unfinished_runs_of(SERVICE) == []


def test_an_older_version_of_a_run_does_not_win(cache: Cache) -> None:
    cache.put_run(a_run().version(10).cancelled())

    assert not cache.put_run(a_run().version(9))

    run = cache.run(KEY)
    assert run
    assert run.spec.cancel


@pytest.mark.parametrize("version", [10, 11, 100])
def test_a_version_that_is_no_older_wins(cache: Cache, version: int) -> None:
    cache.put_run(a_run().version(10))

    assert cache.put_run(a_run().version(version).cancelled())


def test_a_run_made_anew_wins_whatever_its_version(cache: Cache) -> None:
    cache.put_run(a_run().version(10))

    assert cache.put_run(a_run().with_uid(OTHER_UID).version(9))


def test_an_attempt_may_be_seen_before_its_run(cache: Cache) -> None:
    cache.put_attempt(KEY, an_attempt())
    cache.put_run(a_run())

    assert cache.attempts(KEY) == [an_attempt()]


def test_the_last_word_of_an_attempt_counts(cache: Cache) -> None:
    cache.put_attempt(KEY, an_attempt())
    cache.put_attempt(KEY, an_attempt().running())

    assert cache.attempts(KEY) == [an_attempt().running()]


def test_attempts_are_dropped_one_by_one(cache: Cache) -> None:
    cache.put_attempt(KEY, an_attempt())
    cache.put_attempt(KEY, an_attempt().numbered(2))

    cache.drop_attempt(KEY, 1, RUN_UID)

    assert cache.attempts(KEY) == [an_attempt().numbered(2)]
    cache.drop_attempt(KEY, 2, RUN_UID)
    cache.drop_attempt(KEY, 2, RUN_UID)
    assert cache.begin_listing().attempts == set()


def test_a_run_that_is_gone_takes_its_attempts_with_it(cache: Cache) -> None:
    cache.put_run(a_run())
    cache.put_attempt(KEY, an_attempt())

    cache.drop_run(KEY)
    cache.drop_run(KEY)

    assert (cache.run(KEY), cache.attempts(KEY)) == (None, [])
    assert cache.unfinished_runs_of(SERVICE) == []


def test_runs_are_found_by_their_service_until_they_have_ended(cache: Cache) -> None:
    cache.put_run(a_run().named("a"))
    cache.put_run(a_run().named("b").in_phase(Phase.FAILED))
    cache.put_run(a_run().named("c").calling("tag", of="tagger"))

    assert cache.unfinished_runs_of(SERVICE) == [Key("team", "a")]


def test_a_service_of_another_namespace_is_not_the_run_s(cache: Cache) -> None:
    cache.put_service(a_service())

    assert cache.service_of(a_run().in_namespace("elsewhere")) is None


def test_a_run_made_anew_for_another_service_leaves_the_first_one(cache: Cache) -> None:
    cache.put_run(a_run())
    cache.put_run(a_run().with_uid(OTHER_UID).calling("tag", of="tagger"))

    assert cache.unfinished_runs_of(SERVICE) == []
    cache.drop_run(KEY)
    assert cache.unfinished_runs_of(SERVICE) == []


def test_what_a_listing_did_not_find_is_forgotten(cache: Cache) -> None:
    cache.put_run(a_run())
    cache.put_service(a_service())
    cache.put_attempt(Key("team", "ghost"), an_attempt())
    known = cache.begin_listing()

    cache.forget(known.runs, known.services, known.attempts)

    assert cache.begin_listing() == (set(), set(), set())


def test_only_the_very_version_that_is_kept_is_known(cache: Cache) -> None:
    run = a_run().version(10)
    cache.put_run(run)

    assert cache.knows_run(KEY, run.metadata.uid, "10")
    assert not cache.knows_run(KEY, run.metadata.uid, "11")
    assert not cache.knows_run(KEY, OTHER_UID, "10")
    assert not cache.knows_run(Key("team", "other"), run.metadata.uid, "10")


def test_an_attempt_that_is_as_it_was_is_no_news(cache: Cache) -> None:
    assert cache.put_attempt(KEY, an_attempt())
    assert not cache.put_attempt(KEY, an_attempt())
    assert cache.put_attempt(KEY, an_attempt().running())


def test_runs_that_have_ended_are_told_of_where_their_service_may_keep_them_for_another_time(
    cache: Cache,
) -> None:
    shorter = a_service().having(retention=Retention(task_run=60))
    cache.put_service(a_service())
    cache.put_run(a_run())
    cache.put_run(a_run().named("done").in_phase(Phase.SUCCEEDED))
    done = [Key("team", "done")]

    assert cache.put_service(a_service().having(suspend=True)) == []
    assert cache.put_service(shorter) == done
    assert cache.put_service(shorter) == []
    assert cache.drop_service(Key.of(shorter)) == done
    assert cache.put_service(shorter) == done
