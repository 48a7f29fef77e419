"""Jobs and Pods put together as attempts, in whatever order they come."""

from itertools import permutations
from typing import Any

import pytest

from taskyard.api.names import LABEL_ATTEMPT, LABEL_RUN, LABEL_RUN_UID
from taskyard_operator.core.attempt import Stage
from taskyard_operator.kube.tracker import AttemptTracker, Place
from taskyard_operator.ports import Key
from tests.core.builders import OTHER_UID, RUN_UID, a_success
from tests.core.manifests import a_job, a_pod
from tests.core.tables import table

PLACE = Place(Key("team", "call-7"), 1, RUN_UID)
NAMESAKE = PLACE._replace(run_uid=OTHER_UID)


@pytest.fixture
def tracker() -> AttemptTracker:
    return AttemptTracker()


def stage_of(tracker: AttemptTracker) -> Stage | None:
    attempt = tracker.attempt(PLACE)
    return attempt.stage if attempt else None


def test_a_job_and_its_pod_are_one_attempt(tracker: AttemptTracker) -> None:
    assert tracker.job_seen(a_job()) == PLACE
    assert tracker.pod_seen(a_pod().running()) == PLACE

    attempt = tracker.attempt(PLACE)
    assert attempt
    assert (attempt.owner, attempt.stage, attempt.node) == (RUN_UID, Stage.RUNNING, "node-1")
    assert tracker.places() == {PLACE}


def test_of_an_attempt_of_which_nothing_is_known_there_is_nothing(tracker: AttemptTracker) -> None:
    assert tracker.attempt(PLACE) is None
    assert tracker.places() == set()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_version_counts_in_whatever_order_they_come(
    tracker: AttemptTracker, order: tuple[int, ...]
) -> None:
    life = [
        a_pod().version(9),
        a_pod().running().version(10),
        a_pod().terminated(0, a_success()).version(11),
    ]

    for step in order:
        tracker.pod_seen(life[step])

    assert stage_of(tracker) is Stage.ENDED


def test_a_version_that_tells_nothing_new_is_told_of_to_nobody(tracker: AttemptTracker) -> None:
    tracker.pod_seen(a_pod().running().version(10))

    assert tracker.pod_seen(a_pod().running().version(9)) is None
    assert tracker.pod_seen(a_pod().running().version(11)) is None
    finalized = a_pod().running().set("metadata", "finalizers", to=["somebody's"]).version(12)
    assert tracker.pod_seen(finalized) is None

    assert tracker.pod_seen(a_pod().terminated(0, a_success()).version(13)) == PLACE


def test_versions_are_numbers(tracker: AttemptTracker) -> None:
    tracker.pod_seen(a_pod().running().version(100))
    tracker.pod_seen(a_pod().version(99))

    assert stage_of(tracker) is Stage.RUNNING


def test_an_attempt_is_gone_when_job_and_pod_are(tracker: AttemptTracker) -> None:
    tracker.job_seen(a_job())
    tracker.pod_seen(a_pod())

    tracker.job_gone(a_job())
    attempt = tracker.attempt(PLACE)
    assert attempt
    assert attempt.pod
    tracker.pod_gone(a_pod())

    assert tracker.attempt(PLACE) is None


def test_the_end_of_an_older_object_is_not_the_end_of_the_newer(tracker: AttemptTracker) -> None:
    tracker.pod_seen(a_pod().with_uid("another-pod").running().version(20))

    assert tracker.pod_gone(a_pod().version(21)) == PLACE

    assert stage_of(tracker) is Stage.RUNNING


def test_the_pod_that_an_older_run_of_this_name_left_is_another_attempt(
    tracker: AttemptTracker,
) -> None:
    """Also where both were made in the same second, which is all that a Kubernetes time tells."""
    tracker.job_seen(a_job().of_run(OTHER_UID).version(20))
    tracker.pod_seen(a_pod().of_run(OTHER_UID).running().version(21))

    tracker.pod_seen(a_pod().being_deleted().terminated(0, a_success()).version(22))

    assert tracker.places() == {PLACE, NAMESAKE}
    older, newer = tracker.attempt(PLACE), tracker.attempt(NAMESAKE)
    assert older
    assert newer
    assert (older.owner, older.stage) == (RUN_UID, Stage.ENDED)
    assert (newer.owner, newer.stage) == (OTHER_UID, Stage.RUNNING)
    tracker.pod_gone(a_pod().being_deleted().version(23))
    assert tracker.places() == {NAMESAKE}


def test_a_ghost_is_forgotten_when_a_listing_does_not_find_it(tracker: AttemptTracker) -> None:
    tracker.job_seen(a_job())
    tracker.pod_seen(a_pod())
    known = tracker.uids()

    tracker.forget(known - {a_job()["metadata"]["uid"]})

    assert tracker.uids() == {"a-job"}
    assert tracker.attempt(PLACE)


@table(
    {
        "without labels": a_job().set("metadata", "labels", to=None),
        "without the run": a_job().set("metadata", "labels", to={LABEL_ATTEMPT: "1"}),
        "without the attempt": a_job().set(
            "metadata", "labels", to={LABEL_RUN: "a", LABEL_RUN_UID: "b"}
        ),
        "whose attempt is no number": a_job().set("metadata", "labels", LABEL_ATTEMPT, to="one"),
    }
)
def test_an_object(tracker: AttemptTracker, case: dict[str, Any]) -> None:
    """That is not of our making is not kept."""
    assert tracker.job_seen(case) is None
    assert tracker.pod_seen(case) is None
    assert tracker.job_gone(case) is None
    assert tracker.places() == set()


def test_only_what_is_needed_is_kept(tracker: AttemptTracker) -> None:
    job = a_job().set("spec", "template", to={"large": "x" * 1000})
    job = job.set("metadata", "managedFields", to=["x" * 1000]).set("status", to=None)

    tracker.job_seen(job)

    assert "x" * 1000 not in repr(vars(tracker))
