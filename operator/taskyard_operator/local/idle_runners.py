"""Runners that have a service loaded and nothing to do: kept for a time, or until their room is needed."""

import asyncio
from dataclasses import dataclass

from taskyard_operator.local.capacity import Demand, Held
from taskyard_operator.local.runner_process import RunnerProcess

Kind = tuple[str, Demand]
"""The name of a service, and what its runner may use: a runner takes attempts of one kind only."""


@dataclass(frozen=True)
class _Idle:
    kind: Kind
    runner: RunnerProcess
    timer: asyncio.TimerHandle


class IdleRunners:
    """Those of one server.

    Args:
        seconds: how long one is kept.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._idle: list[_Idle] = []
        self._ending: set[asyncio.Task[None]] = set()

    def held(self) -> list[Held]:
        """What they hold, the one first that has been idle for longest."""
        return [(each.kind[1], each.runner.place.gpus) for each in self._idle]

    def put(self, kind: Kind, runner: RunnerProcess) -> None:
        """Keep one that is ready for another attempt."""
        timer = asyncio.get_running_loop().call_later(self._seconds, self._time_is_over, runner)
        self._idle.append(_Idle(kind, runner, timer))

    def take(self, kind: Kind) -> RunnerProcess | None:
        """One for an attempt of this kind, the one that was put last; None where there is none."""
        for each in reversed([each for each in self._idle if each.kind == kind]):
            self._remove(each)
            if each.runner.ready:
                return each.runner
            self._let_end(each.runner)
        return None

    def make_room(self, number: int) -> None:
        """Let so many end, those first that have been idle for longest."""
        for each in self._idle[:number]:
            self._remove(each)
            self._let_end(each.runner)

    async def ended(self) -> None:
        """Wait until those have ended that were told to: what they held is free then."""
        if self._ending:
            await asyncio.wait(self._ending)

    async def close(self) -> None:
        """End all of them, at once."""
        for task in self._ending:
            task.cancel()
        runners = [each.runner for each in self._idle]
        for each in list(self._idle):
            self._remove(each)
        await asyncio.gather(
            *(runner.clear_away() for runner in runners), *self._ending, return_exceptions=True
        )

    def _time_is_over(self, runner: RunnerProcess) -> None:
        for each in [each for each in self._idle if each.runner is runner]:
            self._remove(each)
            self._let_end(runner)

    def _remove(self, idle: _Idle) -> None:
        idle.timer.cancel()
        self._idle.remove(idle)

    def _let_end(self, runner: RunnerProcess) -> None:
        task = asyncio.create_task(runner.end(), name="a runner that is not needed")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
