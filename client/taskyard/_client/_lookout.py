"""Looking after many task runs at once, with a request now and then for hundreds of them."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from taskyard._client import _protocol as protocol
from taskyard._client._asking import Manners
from taskyard._client._commands import Flow, Pause, Tell, Telling, Together
from taskyard._client._outcomes import Request
from taskyard._client._own_protocol import OwnRequests
from taskyard._client._pacing import Deadline
from taskyard._client._status import TaskStatus
from taskyard._client._waiting import LOOK_SECONDS
from taskyard._errors import InvalidArgument, NotFound, WaitTimeout

_BATCH = 500
"""Tasks that one request asks for: half of what a gateway takes, as it comes (`maxWaitedTasks`)."""
_ROUND_SECONDS = 2.0
"""Where there are several batches, each has been looked at after that time."""
_SHORTEST_BREATH, _LONGEST_BREATH, _BREATH_PER_TASK = 0.1, 1.0, 0.002
"""Pause after a look that found something: what ends at about the same time is told together.

It is the longer the more there are to look after. Several batches share it, so that each of thousands is
looked at again after a second, and not after one for every batch.
"""

Ended = Mapping[str, TaskStatus | None]
"""How tasks have ended, by their ids; None for one that the server does not know any more."""
Ask = Callable[[Sequence[str], float], Flow[Ended]]
"""Which of some tasks have ended; if none has, the answer may take that many seconds."""


@dataclass(frozen=True)
class Lookout:
    """Looks after the task runs in `pending`, those first that nobody has looked at for longest."""

    ask: Ask
    deadline: Deadline
    pending: deque[str]

    def look(self) -> Flow[Ended]:
        """Those that have ended, which are pending no longer; none if there was nothing new.

        Raises:
            WaitTimeout: the time is over, and some have not ended.
        """
        batches = -(-len(self.pending) // _BATCH)
        longest = LOOK_SECONDS if batches == 1 else _ROUND_SECONDS / batches
        batch = [self.pending.popleft() for _ in range(min(_BATCH, len(self.pending)))]
        ended = yield from self.ask(batch, min(longest, self.deadline.left))
        self.pending.extend(task_id for task_id in batch if task_id not in ended)
        if not ended and self.deadline.passed:
            raise WaitTimeout(f"{len(self.pending)} tasks had not ended in time; they go on")
        if ended and self.pending:
            breath = min(_LONGEST_BREATH, _BREATH_PER_TASK * len(self.pending))
            yield Pause(min(max(breath, _SHORTEST_BREATH) / batches, self.deadline.left))
        return ended


def completed(lookout: Lookout) -> Telling[tuple[str, TaskStatus | None]]:
    """All that it looks after, as they end."""
    while lookout.pending:
        ended = yield from lookout.look()
        for found in ended.items():
            yield Tell(found)


def by_long_poll(manners: Manners, requests: OwnRequests, deadline: Deadline) -> Ask:
    """Asks with one request, which the server answers as soon as one has ended."""

    def ask(ids: Sequence[str], seconds: float) -> Flow[Ended]:
        begun = manners.clock()
        try:
            reply = yield from manners.insist(requests.wait(ids, seconds), deadline)
            ended = protocol.ended_in(reply)
        except InvalidArgument:
            if len(ids) < 2:
                raise
            # A gateway may be set to take fewer at once. Half of them, and then the other half.
            middle, rest = len(ids) // 2, min(seconds, _ROUND_SECONDS) / 2
            first = yield from ask(ids[:middle], rest)
            return {**first, **(yield from ask(ids[middle:], rest))}
        if not ended:
            # Not at once again, where a server does not wait for as long as it was asked to.
            yield Pause(max(0.0, min(_SHORTEST_BREATH, seconds) - (manners.clock() - begun)))
        return ended

    return ask


def by_status(manners: Manners, look: Callable[[str], Request], deadline: Deadline) -> Ask:
    """Asks for the status of each: all that BentoML's protocol has."""

    def ask(ids: Sequence[str], seconds: float) -> Flow[Ended]:
        replies = yield Together([_status(manners, look(one), deadline) for one in ids])
        ended = dict(_ended(zip(ids, replies, strict=True)))
        if not ended:
            yield Pause(min(_ROUND_SECONDS, seconds))
        return ended

    return ask


def _status(manners: Manners, request: Request, deadline: Deadline) -> Flow[TaskStatus]:
    return protocol.status_in((yield from manners.insist(request, deadline)))


def _ended(
    found: Iterable[tuple[str, TaskStatus | Exception]],
) -> Iterable[tuple[str, TaskStatus | None]]:
    for task_id, status in found:
        if isinstance(status, NotFound):
            yield task_id, None
        elif isinstance(status, Exception):
            raise status
        elif status.finished:
            yield task_id, status
