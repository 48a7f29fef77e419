"""What fits on a machine, and the sentence that says why something does not."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.taskservice import Gpu, Resources, TaskServiceSpec
from taskyard_operator.local.capacity import Demand, Held, Machine, Taken, demand_of, taken_by
from tests.core.builders import a_service
from tests.core.tables import table

GIB = 1024**3
MACHINE = Machine(Decimal(4), 8 * GIB, ("0", "1"), slots=3)


@dataclass(frozen=True)
class Case:
    demand: Demand
    taken: Taken
    want: str | None


CASES = {
    "what needs little has room on an idle machine": Case(Demand(), Taken(), None),
    "the last GPU is given away": Case(Demand(gpus=1), Taken(gpus=frozenset({"0"}), slots=1), None),
    "a GPU that is taken is waited for": Case(
        Demand(gpus=2),
        Taken(gpus=frozenset({"0"}), slots=1),
        "It needs 2 GPUs, and 1 of 2 are free.",
    ),
    "more GPUs than there are is said to be so": Case(
        Demand(gpus=3), Taken(), "It needs 3 GPUs, and this machine has 2 of them (see --gpus)."
    ),
    "more CPUs than there are is said to be so": Case(
        Demand(cpus=Decimal(5)), Taken(), "It needs 5 CPUs, and this machine has 4."
    ),
    "CPUs that are taken are waited for": Case(
        Demand(cpus=Decimal(2)),
        Taken(cpus=Decimal(3), slots=1),
        "It needs 2 CPUs, and 1 of 4 are free.",
    ),
    "more memory than there is is said to be so": Case(
        Demand(memory=16 * GIB),
        Taken(),
        "It needs 16.0 GiB of memory, and this machine has 8.0 GiB.",
    ),
    "memory that is taken is waited for": Case(
        Demand(memory=4 * GIB),
        Taken(memory=6 * GIB, slots=1),
        "It needs 4.0 GiB of memory, and 2.0 GiB are not given away.",
    ),
    "as many as may run are enough": Case(
        Demand(),
        Taken(slots=3),
        "3 tasks run already, as many as may at once (see --workers).",
    ),
}


@table(CASES)
def test_what_is_lacking_is_said(case: Case) -> None:
    assert MACHINE.lacks(case.demand, case.taken) == case.want


def test_without_gpus_it_is_said_how_to_name_them() -> None:
    machine = Machine(Decimal(4), 8 * GIB)

    why = machine.lacks(Demand(gpus=1), Taken())

    assert why == "It needs 1 GPU, and this machine has none (see --gpus)."


DEMANDS = st.builds(
    Demand,
    cpus=st.decimals(0, 4, places=1),
    memory=st.integers(0, 8 * GIB),
    gpus=st.integers(0, 2),
)


@given(st.lists(DEMANDS, max_size=20))
def test_no_more_is_given_away_than_there_is_and_no_gpu_twice(demands: list[Demand]) -> None:
    met: list[tuple[Demand, tuple[str, ...]]] = []
    for demand in demands:
        taken = taken_by(met)
        if MACHINE.lacks(demand, taken) is None:
            met.append((demand, MACHINE.gpus_for(demand, taken)))

    given_away = [gpu for _, gpus in met for gpu in gpus]
    assert len(given_away) == len(set(given_away))
    assert all(len(gpus) == demand.gpus for demand, gpus in met)
    total = taken_by(met)
    assert total.cpus <= MACHINE.cpus
    assert total.memory <= MACHINE.memory
    assert total.slots <= MACHINE.slots


@given(st.lists(DEMANDS, max_size=20))
def test_the_idle_go_only_where_their_room_is_needed_and_then_what_fits_is_started(
    demands: list[Demand],
) -> None:
    running: list[Held] = []
    idle: list[Held] = []
    for at, demand in enumerate(demands):
        if MACHINE.lacks(demand, taken_by(running)) is not None:
            continue
        gone = MACHINE.too_many(demand, running, idle)
        assert not gone or MACHINE.lacks(demand, taken_by([*running, *idle[gone - 1 :]]))
        idle = idle[gone:]
        taken = taken_by([*running, *idle])
        assert MACHINE.lacks(demand, taken) is None
        (running if at % 2 else idle).append((demand, MACHINE.gpus_for(demand, taken)))


def spec(resources: Resources, gpu: Gpu | None = None) -> TaskServiceSpec:
    return a_service().spec.model_copy(update={"resources": resources, "gpu": gpu})


def test_a_service_that_says_nothing_needs_one_cpu() -> None:
    assert demand_of(spec(Resources())) == Demand(Decimal(1))


def test_what_a_service_requests_is_what_it_needs() -> None:
    resources = Resources(
        requests={"cpu": "500m", "memory": "1Gi"}, limits={"cpu": "2", "memory": "2Gi"}
    )

    demand = demand_of(spec(resources, Gpu(count=2)))

    assert demand == Demand(Decimal("0.5"), GIB, 2)


def test_a_quantity_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        demand_of(spec(Resources(requests={"memory": "much"})))
