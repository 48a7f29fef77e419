"""Since when an image cannot be pulled, of which the cluster does not tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from taskyard.api.reasons import WaitingReason
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.engine.image_trouble import ImageTrouble
from taskyard_operator.ports import Key
from tests.core.builders import NOW, OTHER_UID, a_run, an_attempt

KEY = Key("team", "call-7")
LATER = NOW + timedelta(seconds=30)
IN_TROUBLE = an_attempt().waiting_for(WaitingReason.PULLING_IMAGE, "no", timedelta(seconds=60))


@pytest.fixture
def trouble() -> ImageTrouble:
    """The first attempt of a run has been in trouble since NOW."""
    trouble = ImageTrouble()
    assert since(trouble, IN_TROUBLE, NOW) == NOW
    return trouble


def since(trouble: ImageTrouble, attempt: Attempt, now: datetime) -> datetime | None:
    (told,) = trouble.laid_on(a_run().with_uid(attempt.owner), [attempt], now)
    assert told.waiting
    return told.waiting.since


def test_an_attempt_is_told_since_when_it_is_in_trouble(trouble: ImageTrouble) -> None:
    assert since(trouble, IN_TROUBLE, LATER) == NOW


def test_the_next_attempt_and_that_of_a_namesake_are_in_trouble_for_themselves(
    trouble: ImageTrouble,
) -> None:
    assert since(trouble, replace(IN_TROUBLE, number=2), LATER) == LATER
    assert since(trouble, replace(IN_TROUBLE, owner="another"), NOW) == NOW


def test_trouble_that_was_over_begins_anew(trouble: ImageTrouble) -> None:
    runs = an_attempt().running()
    assert trouble.laid_on(a_run(), [runs], LATER) == [runs]

    assert since(trouble, IN_TROUBLE, LATER) == LATER


def test_of_an_attempt_before_nothing_is_told(trouble: ImageTrouble) -> None:
    second = replace(an_attempt().running(), number=2)

    assert trouble.laid_on(a_run(), [IN_TROUBLE, second], LATER) == [IN_TROUBLE, second]


def test_what_is_left_of_a_namesake_makes_nothing_begin_anew(trouble: ImageTrouble) -> None:
    left = replace(an_attempt().running(), number=2, owner=OTHER_UID)

    told, _ = trouble.laid_on(a_run(), [IN_TROUBLE, left], LATER)

    assert told.waiting
    assert told.waiting.since == NOW


def test_what_is_forgotten_begins_anew(trouble: ImageTrouble) -> None:
    trouble.forget(KEY)

    assert since(trouble, IN_TROUBLE, LATER) == LATER
