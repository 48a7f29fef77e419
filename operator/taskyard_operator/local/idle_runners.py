"""Runners that have a service loaded and nothing to do: kept for a time, or until their room is needed."""

import asyncio
from collections.abc import Callable
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

    @property
    def held(self) -> Held:
        return self.kind[1], self.runner.place.gpus


class IdleRunners:
    """Those of one server.

    Args:
        seconds: how long one is kept.
        freed: called when one that was told to end has let go of what it held.
    """

    def __init__(self, seconds: float, freed: Callable[[], None]) -> None:
        self._seconds = seconds
        self._freed = freed
        self._idle: list[_Idle] = []
        self._ending: dict[asyncio.Task[None], _Idle] = {}

    def held(self) -> list[Held]:
        """What they hold, the one first that has been idle for longest."""
        return [each.held for each in self._idle]

    def held_by_ending(self) -> list[Held]:
        """What is held by those that were told to end, until nothing is left of their processes."""
        return [each.held for each in self._ending.values()]

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
            self._let_end(each)
        return None

    def make_room(self, number: int) -> None:
        """Let so many end, those first that have been idle for longest."""
        for each in self._idle[:number]:
            self._remove(each)
            self._let_end(each)

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
            self._let_end(each)

    def _remove(self, idle: _Idle) -> None:
        idle.timer.cancel()
        self._idle.remove(idle)

    def _let_end(self, idle: _Idle) -> None:
        task = asyncio.create_task(idle.runner.end(), name="a runner that is not needed")
        self._ending[task] = idle
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._ending[task]
        self._freed()
