"""The way to an object store that may be away, so that it is not the workers' whole business to wait for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from taskyard_operator.core.breaker import Breaker
from taskyard_operator.engine.clock import Clock
from taskyard_operator.ports import Missing, ObjectStore, PortError, Unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS = 15
"""Longest wait for the store at one try: a worker that waits for it does nothing else."""


class StoreGuard:
    """Lets all pass while the store answers, and while it is away only one try at a time."""

    def __init__(self, objects: ObjectStore, clock: Clock) -> None:
        self._objects = objects
        self._clock = clock
        self._breaker = Breaker()

    async def ask(
        self, question: Callable[[ObjectStore], Awaitable[T]], seconds: float = PATIENCE_SECONDS
    ) -> T:
        """Ask the store something that takes at most some seconds.

        Raises:
            Missing: it answered that there is no such object.
            PortError: it gave no answer, or gave none a moment ago.
        """
        if not self._breaker.lets_pass(self._clock()):
            raise Unavailable("the object store gave no answer a moment ago")
        try:
            async with asyncio.timeout(seconds):
                answer = await question(self._objects)
        except TimeoutError as error:
            why = Unavailable(f"the object store took more than {seconds:g} s")
            self._note_failure(why)
            raise why from error
        except Missing:
            self._breaker.succeeded()
            raise
        except PortError as error:
            self._note_failure(error)
            raise
        self._breaker.succeeded()
        return answer

    def _note_failure(self, why: PortError) -> None:
        if self._breaker.failed(self._clock()):
            logger.warning("the object store is away, and is asked again: %s", why)
