"""How much a runner may store of an attempt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunnerLimits:
    """Bytes of a result, beyond which the run fails, and of a log, beyond which its middle is left out."""

    result_bytes: int = 5 * 1024**3
    log_bytes: int = 16 * 1024**2
