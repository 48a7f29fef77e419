"""Pauses between tries: longer and longer, by chance, and never at an end."""

from itertools import islice

from taskyard_operator.pauses import Pauses


def test_pauses_grow_up_to_the_longest_and_do_not_end() -> None:
    pauses = list(islice(Pauses(first=1.0, longest=30.0), 2000))

    bounds = [*(2.0**failures for failures in range(5)), *[30.0] * 1995]
    assert all(most / 2 <= one <= most for one, most in zip(pauses, bounds, strict=True))


def test_each_thing_that_is_tried_begins_with_the_first_pause() -> None:
    pauses = Pauses(first=1.0, longest=30.0)

    assert [next(iter(pauses)) <= 1.0 for _ in range(3)] == [True, True, True]
