"""How much memory the next attempt gets."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import AttemptRecord
from taskyard.api.taskservice import OutOfMemoryRetry, Resources, Retries
from taskyard_operator.core.resources import bytes_of, resources_for, spec_of_next_attempt

from .builders import NOW, a_run, a_service

ASKED = Resources(requests={"cpu": "2", "memory": "1Gi"}, limits={"memory": "2Gi"})
DOUBLE = OutOfMemoryRetry(factor=2, max="5Gi")
GI = 1024**3


def out_of_memory(times: int, *others: str) -> list[AttemptRecord]:
    """Attempts of which so many needed more memory."""
    reasons = ["OutOfMemory"] * times + list(others)
    return [AttemptRecord(number=n, job="j", reason=r) for n, r in enumerate(reasons, start=1)]


def test_nothing_changes_before_memory_was_too_little() -> None:
    assert resources_for(ASKED, DOUBLE, out_of_memory(0, "TaskError", "Disrupted")) == ASKED


def test_nothing_changes_where_the_service_does_not_say_so() -> None:
    assert resources_for(ASKED, None, out_of_memory(3)) == ASKED


def test_a_service_that_asks_for_no_memory_gets_none() -> None:
    cpu = Resources(requests={"cpu": "2"})

    assert resources_for(cpu, DOUBLE, out_of_memory(1)) == cpu


def test_of_a_run_those_attempts_count_that_have_ended() -> None:
    service = a_service().having(resources=ASKED, retries=Retries(out_of_memory=DOUBLE))
    first = AttemptRecord(number=1, job="j-1", reason="OutOfMemory", finished_at=NOW)
    second = AttemptRecord(number=2, job="j-2", reason="OutOfMemory")
    run = a_run().in_phase(Phase.RUNNING, attempts=[first, second])

    spec = spec_of_next_attempt(run, service)

    assert spec.resources == resources_for(ASKED, DOUBLE, out_of_memory(1))
    assert spec.model_copy(update={"resources": ASKED}) == service.spec


def test_memory_is_multiplied_once_for_each_time() -> None:
    once = resources_for(ASKED, DOUBLE, out_of_memory(1, "TaskError"))

    assert once.limits == {"memory": str(4 * GI)}
    assert once.requests == {"cpu": "2", "memory": str(2 * GI)}


def test_memory_grows_to_the_maximum_and_no_further() -> None:
    assert resources_for(ASKED, DOUBLE, out_of_memory(9)).limits == {"memory": str(5 * GI)}


def test_a_maximum_below_what_the_service_asks_takes_nothing_away() -> None:
    small = OutOfMemoryRetry(factor=2, max="512Mi")

    assert resources_for(ASKED, small, out_of_memory(1)).limits == {"memory": str(2 * GI)}


@pytest.mark.parametrize(
    ("quantity", "wanted"),
    [("128974848", 128974848), ("129M", 129_000_000), ("123Mi", 123 * 1024**2), ("1.5Gi", 3 * GI // 2),
     ("1k", 1000), ("1Ki", 1024), ("2E", 2 * 10**18), ("500m", Decimal("0.5")),
     ("1e3", 1000), ("2E9", 2 * 10**9), ("1.5e+3", 1500), ("5e-1", Decimal("0.5")),
     (".5Ki", 512), ("5.", 5), ("+1Gi", GI),
     ("3u", Decimal("0.000003")), ("4n", Decimal("0.000000004"))],
)  # fmt: skip
def test_quantities_are_those_of_kubernetes(quantity: str, wanted: int | Decimal) -> None:
    assert bytes_of(quantity) == wanted


@pytest.mark.parametrize(
    "quantity", ["", "Gi", "1GiB", "1ii", "one", "1 Gi", "-1Gi", ".", "1e", "1e3Gi", "1e999"]
)
def test_what_is_no_quantity_is_refused_with_an_example(quantity: str) -> None:
    with pytest.raises(ValueError, match="512Mi"):
        bytes_of(quantity)


@given(st.text(max_size=8))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert bytes_of(text) >= 0
