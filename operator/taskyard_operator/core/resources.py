"""What an attempt gets: more memory than the service says, after it was too little."""

import re
from collections.abc import Sequence
from decimal import Decimal

from taskyard.api.reasons import Reason
from taskyard.api.taskrun import AttemptRecord, TaskRun
from taskyard.api.taskservice import OutOfMemoryRetry, Resources, TaskService, TaskServiceSpec
from taskyard_operator.core.policy import policy_of

_SUFFIXES = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "u": Decimal("0.000001"),
    "n": Decimal("0.000000001"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}
_QUANTITY = re.compile(
    r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,2})|([a-zA-Z]*))", re.ASCII
)
"""A number with a suffix or an exponent, as the API server takes it; none is so large that it tells no size."""


def spec_of_next_attempt(run: TaskRun, service: TaskService) -> TaskServiceSpec:
    """What holds for the next attempt of a run: what the service says, with the memory that it gets by now."""
    more = policy_of(run, service).retries.out_of_memory
    ended = [record for record in run.status.attempts if record.finished_at]
    resources = resources_for(service.spec.resources, more, ended)
    return service.spec.model_copy(update={"resources": resources})


def resources_for(
    resources: Resources, more: OutOfMemoryRetry | None, ended: Sequence[AttemptRecord]
) -> Resources:
    """The resources of the next attempt: `factor` times the memory for each time it was too little."""
    times = sum(record.reason == Reason.OUT_OF_MEMORY for record in ended)
    if more is None or not times:
        return resources
    return Resources(
        requests=_grown(resources.requests, more, times),
        limits=_grown(resources.limits, more, times),
    )


def _grown(amounts: dict[str, str], more: OutOfMemoryRetry, times: int) -> dict[str, str]:
    if "memory" not in amounts:
        return amounts
    before = bytes_of(amounts["memory"])
    grown = before * Decimal(str(more.factor)) ** times
    return amounts | {"memory": str(int(max(before, min(grown, bytes_of(more.max)))))}


def bytes_of(quantity: str) -> Decimal:
    """A Kubernetes quantity of memory in bytes.

    Raises:
        ValueError: it is none.
    """
    match = _QUANTITY.fullmatch(quantity)
    if match is None or (match[3] or "") not in _SUFFIXES:
        raise ValueError(f"{quantity!r} is no quantity of memory, such as 512Mi or 4Gi")
    return Decimal(match[1]).scaleb(int(match[2] or 0)) * _SUFFIXES[match[3] or ""]
