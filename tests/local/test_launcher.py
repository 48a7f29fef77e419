"""Warm runners in the moments in which an attempt has ended, and somebody wants an end of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from taskyard.api.runner import InputSource, Ticket
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt, Stage
from taskyard_operator.local.attempt_folder import AttemptCard, AttemptFolder, AttemptFolders
from taskyard_operator.local.capacity import Machine
from taskyard_operator.local.launcher import ProcessLauncher
from taskyard_operator.local.process_tree import kill_all, processes_of
from tests.core.builders import a_run, a_service, a_ticket
from tests.engine.world import until

from .serving import PATIENCE, SERVICES


class _Folder(AttemptFolder):
    """Tells when the report of an attempt is read, which is when its runner has answered."""

    def __init__(self, path: Path, reading: Callable[[], None]) -> None:
        super().__init__(path)
        self._reading = reading

    def report(self) -> str:
        self._reading()
        return super().report()


class _Folders(AttemptFolders):
    reading: Callable[[], None] = staticmethod(lambda: None)

    def of(self, card: AttemptCard) -> AttemptFolder:
        return _Folder(self._path / card.job, self.reading)


@dataclass
class Began:
    """An attempt of a warm service; `left` is what was there of it when its end was told."""

    launcher: ProcessLauncher
    folders: _Folders
    mark: str
    ticket: Ticket
    run: TaskRun = field(default_factory=a_run)
    left: list[str] = field(default_factory=list)

    async def ended(self) -> None:
        over = asyncio.Event()

        def told(key: object, attempt: Attempt) -> None:
            if attempt.stage is Stage.ENDED:
                self.left = self.there()
                over.set()

        self.launcher.told = told
        await asyncio.wait_for(over.wait(), PATIENCE)

    def there(self) -> list[str]:
        return [str(process.pid) for process in processes_of(f"{self.mark}/")]

    async def beside_it(self, name: str, *, warm: bool = False, seconds: float = 60) -> TaskRun:
        """Line up an attempt that takes some seconds; of the same service if warm, else of another one."""
        service = a_service().having(warm=True) if warm else a_service().named("other")
        hold = InputSource(inline={"seconds": seconds})
        run = a_run().named(name)
        await self.launcher.start(run, service, 1, replace(self.ticket, task="hold", input=hold))
        return run

    async def reaches(self, run: TaskRun, stage: Stage) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await self.launcher.attempts(run))[0].stage is not stage:  # noqa: ASYNC110 - as told
                await asyncio.sleep(0.01)


class _Threads(ThreadPoolExecutor):
    """One thread, that counts what it was asked for."""

    def __init__(self) -> None:
        super().__init__(1)
        self.asked = 0

    def submit(self, *call: Any, **given: Any) -> Future[Any]:
        self.asked += 1
        return super().submit(*call, **given)


@asynccontextmanager
async def began(tmp_path: Path, keep_warm: float) -> AsyncIterator[Began]:
    machine = Machine(Decimal(2), 8 * 1024**3, slots=2)
    folders, mark = _Folders(tmp_path / "attempts"), tmp_path.name
    launcher = ProcessLauncher(folders, SERVICES, machine, mark, keep_warm)
    objects = {f"{name}_url": (tmp_path / name).as_uri() for name in ("result", "log", "progress")}
    ticket = a_ticket(
        entrypoint="hall:Hall", task="who", input=InputSource(inline={}), outputs_url="", **objects
    )
    attempt = Began(launcher, folders, mark, ticket)
    try:
        await launcher.start(attempt.run, a_service().having(warm=True), 1, ticket)
        yield attempt
    finally:
        await launcher.close()


async def test_a_stop_that_comes_as_an_attempt_ends_leaves_no_runner(tmp_path: Path) -> None:
    async with began(tmp_path, keep_warm=900) as attempt:
        loop = asyncio.get_running_loop()
        attempt.folders.reading = lambda: asyncio.run_coroutine_threadsafe(
            attempt.launcher.stop(attempt.run, 1), loop
        ).result(PATIENCE)
        await attempt.ended()

        assert attempt.left == []


async def test_a_runner_that_is_about_to_end_is_gone_with_its_server(tmp_path: Path) -> None:
    async with began(tmp_path, keep_warm=0) as attempt:
        await attempt.ended()
        assert attempt.left
        await asyncio.sleep(0)  # its time is over at once
        await attempt.launcher.close()

        assert attempt.there() == []


@asynccontextmanager
async def clearing_away(
    tmp_path: Path,
) -> AsyncIterator[tuple[Began, TaskRun, _Threads, threading.Event]]:
    """A run waits for the place of a warm one, which is cleared away once the event is set."""
    asyncio.get_running_loop().set_default_executor(threads := _Threads())
    go_on = threading.Event()
    async with began(tmp_path, keep_warm=900) as attempt:
        await attempt.ended()
        await attempt.reaches(await attempt.beside_it("runs"), Stage.RUNNING)
        waits = await attempt.beside_it("waits")
        threads.submit(go_on.wait)
        before = threads.asked
        await until(lambda: threads.asked == before + 1)
        yield attempt, waits, threads, go_on


async def test_what_becomes_free_as_the_server_ends_is_given_to_nobody(tmp_path: Path) -> None:
    async with clearing_away(tmp_path) as (attempt, waits, threads, go_on):
        before = threads.asked
        closing = asyncio.create_task(attempt.launcher.close())
        await until(lambda: threads.asked == before + 1)  # to clear away the one that runs
        go_on.set()
        await closing

        (left,) = await attempt.launcher.attempts(waits)
        assert left.stage is Stage.WAITING


async def test_a_place_is_given_again_once_nothing_is_left_of_what_had_it(tmp_path: Path) -> None:
    async with clearing_away(tmp_path) as (attempt, waits, _threads, go_on):
        attempt.launcher.begin()
        (meanwhile,) = await attempt.launcher.attempts(waits)
        go_on.set()
        await attempt.reaches(waits, Stage.RUNNING)

    assert meanwhile.stage is Stage.WAITING


async def test_so_it_is_with_a_warm_one_that_has_died_by_itself(tmp_path: Path) -> None:
    async with began(tmp_path, keep_warm=900) as attempt:
        await attempt.ended()
        await attempt.reaches(await attempt.beside_it("runs"), Stage.RUNNING)
        (died,) = attempt.launcher._idle._idle
        kill_all(died.runner.place.mark)
        await until(lambda: not died.runner.runs)
        again = await attempt.beside_it("again", warm=True)
        (meanwhile,) = await attempt.launcher.attempts(again)  # before anything else goes on
        await attempt.reaches(again, Stage.RUNNING)

    assert meanwhile.stage is Stage.WAITING


async def test_one_place_is_made_for_one_that_waits_however_often_that_is_looked_at(
    tmp_path: Path,
) -> None:
    async with began(tmp_path, keep_warm=900) as attempt:
        again = await attempt.beside_it("again", warm=True, seconds=0)
        await attempt.reaches(attempt.run, Stage.ENDED)
        await attempt.reaches(again, Stage.ENDED)
        assert len(attempt.launcher._idle.held()) == 2

        waits = await attempt.beside_it("waits")
        attempt.launcher.begin()
        await attempt.reaches(waits, Stage.RUNNING)

        assert len(attempt.launcher._idle.held()) == 1


async def test_a_place_is_made_for_each_that_waits(tmp_path: Path) -> None:
    async with began(tmp_path, keep_warm=900) as attempt:
        again = await attempt.beside_it("again", warm=True, seconds=0)
        await attempt.reaches(attempt.run, Stage.ENDED)
        await attempt.reaches(again, Stage.ENDED)

        waits = [await attempt.beside_it(name) for name in ("waits", "waits-too")]

        assert attempt.launcher._idle.held() == []
        for run in waits:
            await attempt.reaches(run, Stage.RUNNING)
