"""What keeps the engine from its work, said once and not by each worker at each try."""

import logging

from taskyard_operator.core.outage import Outage
from taskyard_operator.engine.clock import Clock
from taskyard_operator.ports import Conflict, Missing, PortError, Unavailable

logger = logging.getLogger(__name__)


class Trouble:
    """Tells of errors of the ports, all of which mean that something is tried again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._outage = Outage()

    def met(self, error: PortError, what: str, *, known: bool = False) -> None:
        """`what` failed, which whoever it concerns may have known before.

        That the other side is away or busy all who work meet alike.
        """
        level = logging.WARNING
        if isinstance(error, Unavailable):
            level = logging.DEBUG
            if self._outage.failed(self._clock()):
                logger.warning("work is held up, and tried again: %s", error)
        elif known or isinstance(error, Conflict | Missing):
            # The last two are how writers learn of each other, or of who has deleted a run.
            level = logging.DEBUG
        logger.log(level, "%s: %s", what, error)

    def over(self) -> None:
        """Something was done, and the other side was there for it."""
        if over := self._outage.succeeded(self._clock()):
            seconds = over.lasted.total_seconds()
            logger.info("work goes on, after %.0f s and %d failed tries", seconds, over.failures)
