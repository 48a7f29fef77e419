"""Attempts whose folder cannot be written to, as on a disk that is full."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from taskyard.api.reasons import Reason
from taskyard.api.runner import InputSource, Ticket
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.local.attempt_folder import AttemptFolders
from taskyard_operator.local.capacity import Machine
from taskyard_operator.local.launcher import ProcessLauncher
from taskyard_operator.ports import Key, Unavailable
from tests.core.builders import a_run, a_service, a_ticket
from tests.engine.world import until

from .serving import SERVICES

RUN = a_run()


@pytest.fixture
async def launcher(tmp_path: Path) -> AsyncIterator[ProcessLauncher]:
    machine = Machine(Decimal(1), 8 * 1024**3)
    folders = AttemptFolders(tmp_path / "attempts")
    launcher = ProcessLauncher(folders, SERVICES, machine, tmp_path.name, keep_warm=0)
    yield launcher
    await launcher.close()


@pytest.fixture
def ticket(tmp_path: Path) -> Ticket:
    urls = {f"{name}_url": (tmp_path / name).as_uri() for name in ("result", "log", "progress")}
    return a_ticket(
        entrypoint="hall:Hall", task="who", input=InputSource(inline={}), outputs_url="", **urls
    )


async def test_an_attempt_that_could_not_be_noted_is_started_when_asked_for_again(
    launcher: ProcessLauncher, ticket: Ticket, tmp_path: Path
) -> None:
    (tmp_path / "attempts").write_text("in the way")
    with pytest.raises(Unavailable, match="the attempt cannot be noted"):
        await launcher.start(RUN, a_service(), 1, ticket)
    assert await launcher.attempts(RUN) == []
    (tmp_path / "attempts").unlink()

    await launcher.start(RUN, a_service(), 1, ticket)

    (attempt,) = await launcher.attempts(RUN)
    assert attempt.stage is Stage.RUNNING


async def test_an_attempt_whose_runner_cannot_be_started_says_why(
    launcher: ProcessLauncher, ticket: Ticket, tmp_path: Path
) -> None:
    (tmp_path / "attempts" / f"{RUN.metadata.name}-1" / "output").mkdir(parents=True)
    endings: list[Ending] = []

    def told(_: Key, attempt: Attempt) -> None:
        if attempt.ending:
            endings.append(attempt.ending)

    launcher.told = told
    await launcher.start(RUN, a_service(), 1, ticket)
    await until(lambda: bool(endings))

    (ending,) = endings
    assert ending.reason == Reason.PROCESS_CRASHED
    assert ending.message.startswith("The runner could not be started: [Errno 21] Is a directory")
