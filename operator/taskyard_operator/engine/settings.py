"""What the platform team decides about the engine, in the words of its parts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from taskyard_operator.core.callbacks import CallbackSettings
from taskyard_operator.core.liveness import LivenessLimits
from taskyard_operator.core.progress import ProgressSettings
from taskyard_operator.core.retention import RetentionSettings
from taskyard_operator.core.runner_limits import RunnerLimits
from taskyard_operator.engine.queue import RETRY_DELAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How much an engine does at a time, how often, and for how long it waits.

    Args:
        workers: how many runs are looked at concurrently.
        resync_seconds: how often everything is listed again, so that nothing missed is missed for ever.
        retry_delays: seconds before a look that failed is made again, at first and at most.
        namespaces: the namespaces served; none means all.
        max_concurrent: the most runs of a namespace that have an attempt at once; None for no limit.
        made_ready: so many more have an attempt that waits, where attempts stand in line themselves.
        retention: how long what has ended is kept.
        progress: how often what tasks say of their progress is read.
        callbacks: how callbacks are told.
        limits: how much a runner may store of an attempt.
        liveness: what is too long for the liveness probe.
    """

    workers: int
    resync_seconds: float
    retry_delays: tuple[float, float] = RETRY_DELAYS
    namespaces: Sequence[str] = ()
    max_concurrent: int | None = None
    made_ready: int = 0
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    progress: ProgressSettings = field(default_factory=ProgressSettings)
    callbacks: CallbackSettings = field(default_factory=CallbackSettings)
    limits: RunnerLimits = field(default_factory=RunnerLimits)
    liveness: LivenessLimits = field(default_factory=LivenessLimits)
