"""What one machine can run at the same time, and who gets what is free: decided without any I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from taskyard.api.taskservice import TaskServiceSpec
from taskyard_operator.core.resources import bytes_of


@dataclass(frozen=True, slots=True)
class Demand:
    """What an attempt needs: CPUs (may be a part of one), bytes of memory (0: unknown), whole GPUs."""

    cpus: Decimal = Decimal(1)
    memory: int = 0
    gpus: int = 0


Held = tuple[Demand, tuple[str, ...]]
"""A demand that was met, with the GPUs that it got."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is there: CPUs, bytes of memory, names of GPUs, and how many attempts may run at once."""

    cpus: Decimal
    memory: int
    gpus: tuple[str, ...] = ()
    slots: int = 1

    def lacks(self, demand: Demand, taken: "Taken") -> str | None:
        """Why the demand cannot be met beside what is taken, in a sentence; None where it can."""
        free_gpus = len(self.gpus) - len(taken.gpus)
        if demand.gpus > len(self.gpus):
            have = f"{len(self.gpus)} of them (see --gpus)" if self.gpus else "none (see --gpus)"
            return f"It needs {_count(demand.gpus, 'GPU')}, and this machine has {have}."
        if demand.cpus > self.cpus:
            return f"It needs {demand.cpus} CPUs, and this machine has {self.cpus}."
        if demand.memory > self.memory:
            return f"It needs {_size(demand.memory)} of memory, and this machine has {_size(self.memory)}."
        if demand.gpus > free_gpus:
            return f"It needs {_count(demand.gpus, 'GPU')}, and {free_gpus} of {len(self.gpus)} are free."
        if taken.slots >= self.slots:
            return f"{_count(taken.slots, 'task')} run already, as many as may at once (see --workers)."
        if demand.cpus > self.cpus - taken.cpus:
            return f"It needs {demand.cpus} CPUs, and {self.cpus - taken.cpus} of {self.cpus} are free."
        if demand.memory > self.memory - taken.memory:
            free = _size(self.memory - taken.memory)
            return f"It needs {_size(demand.memory)} of memory, and {free} are not given away."
        return None

    def too_many(self, demand: Demand, running: Sequence[Held], idle: Sequence[Held]) -> int:
        """How many of the idle, counted from the first, must go for a demand that fits beside what runs."""
        number = 0
        while number < len(idle) and self.lacks(demand, taken_by([*running, *idle[number:]])):
            number += 1
        return number

    def gpus_for(self, demand: Demand, taken: "Taken") -> tuple[str, ...]:
        """The GPUs that the demand gets: the first that are free."""
        return tuple(gpu for gpu in self.gpus if gpu not in taken.gpus)[: demand.gpus]


@dataclass(frozen=True, slots=True)
class Taken:
    """What runs has taken."""

    cpus: Decimal = Decimal(0)
    memory: int = 0
    gpus: frozenset[str] = frozenset()
    slots: int = 0


def taken_by(running: Iterable[Held]) -> Taken:
    """The sum of what is taken."""
    met = list(running)
    return Taken(
        cpus=sum((demand.cpus for demand, _ in met), Decimal(0)),
        memory=sum(demand.memory for demand, _ in met),
        gpus=frozenset(gpu for _, gpus in met for gpu in gpus),
        slots=len(met),
    )


def demand_of(spec: TaskServiceSpec) -> Demand:
    """What an attempt of a service needs; where it says nothing of CPUs, a whole one.

    Raises:
        ValueError: a quantity is none.
    """
    needs = {**spec.resources.limits, **spec.resources.requests}
    return Demand(
        cpus=bytes_of(needs.get("cpu", "1")),
        memory=int(bytes_of(needs.get("memory", "0"))),
        gpus=spec.gpu.count if spec.gpu else 0,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _size(number: int) -> str:
    return f"{number / 1024**3:.1f} GiB"
