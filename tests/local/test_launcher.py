"""Warm runners in the moments in which an attempt has ended, and somebody wants an end of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from taskyard.api.runner import InputSource
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt, Stage
from taskyard_operator.local.attempt_folder import AttemptCard, AttemptFolder, AttemptFolders
from taskyard_operator.local.capacity import Machine
from taskyard_operator.local.launcher import ProcessLauncher
from taskyard_operator.local.process_tree import processes_of
from tests.core.builders import a_run, a_service, a_ticket

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


@asynccontextmanager
async def began(tmp_path: Path, keep_warm: float) -> AsyncIterator[Began]:
    machine = Machine(Decimal(2), 8 * 1024**3, slots=2)
    folders, mark = _Folders(tmp_path / "attempts"), tmp_path.name
    launcher = ProcessLauncher(folders, SERVICES, machine, mark, keep_warm)
    objects = {f"{name}_url": (tmp_path / name).as_uri() for name in ("result", "log", "progress")}
    ticket = a_ticket(
        entrypoint="hall:Hall", task="who", input=InputSource(inline={}), outputs_url="", **objects
    )
    attempt = Began(launcher, folders, mark)
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
