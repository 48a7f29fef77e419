"""How much a runner may store of an attempt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunnerLimits:
    """Bytes of what an attempt leaves.

    Attributes:
        result_bytes: of its result; beyond it the run fails.
        log_bytes: of its log; beyond it the middle is left out.
        outputs_bytes: of all its outputs; beyond it the task gets an error for the next one.
    """

    result_bytes: int = 5 * 1024**3
    log_bytes: int = 16 * 1024**2
    outputs_bytes: int = 16 * 1024**2
