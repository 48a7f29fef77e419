"""Asking once more where that is safe and may help: the manners of every conversation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from taskyard._client._commands import Flow, Pause, Send
from taskyard._client._outcomes import Failure, Outcome, Reply, Request, is_passing, may_repeat
from taskyard._client._pacing import MAX_TRIES, Deadline, backoff
from taskyard._errors import WaitTimeout

OUTAGE_PATIENCE = 300.0
"""Seconds that who waits puts up with a server that is away: long tasks outlive its restart."""


@dataclass(frozen=True)
class Manners:
    """How to ask.

    Attributes:
        clock: Seconds from any fixed moment.
        draw: A number from 0 to 1 for jitter.
    """

    clock: Callable[[], float]
    draw: Callable[[], float]

    def ask(self, request: Request) -> Flow[Reply]:
        """Send a request, and again while that is safe and may help; the last answer."""
        for tries in range(1, MAX_TRIES):
            outcome = yield Send(request)
            if not may_repeat(request, outcome):
                return answer(outcome)
            yield Pause(self.backoff(tries, outcome))
        return answer((yield Send(request)))

    def insist(self, request: Request, until: Deadline) -> Flow[Reply]:
        """Send a harmless request until there is an answer, also through the restart of a server.

        Raises:
            WaitTimeout: `until` then there was none.
        """
        outage, tries = self.deadline(OUTAGE_PATIENCE), 0
        while True:
            outcome = yield Send(request, until.bound)
            if not is_passing(outcome) or outage.passed:
                return answer(outcome)
            if until.passed:
                raise WaitTimeout(
                    "the time is over, and the server is away; what was begun goes on"
                )
            tries += 1
            yield Pause(min(self.backoff(tries, outcome), until.left))

    def backoff(self, tries: int, outcome: Outcome) -> float:
        """The pause after so many tries."""
        return backoff(tries, outcome, self.draw, datetime.now(UTC))

    def deadline(self, seconds: float | None) -> Deadline:
        """A moment that many seconds from now."""
        return Deadline(self.clock, seconds)


def answer(outcome: Outcome) -> Reply:
    """The answer, if there is one; else the error that stands for it is raised."""
    if isinstance(outcome, Failure):
        raise outcome.error
    return outcome
