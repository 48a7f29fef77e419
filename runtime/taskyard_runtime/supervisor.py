"""Runs attempts, each to its report, with a worker that may stay from one to the next.

The supervisor runs no user code and imports little: it is there in every pod, beside the task.
"""

import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from typing import Self

from taskyard.api.reasons import Reason
from taskyard.api.report import Timings
from taskyard.api.runner import PATIENCE_VARIABLE, REPORT_VARIABLE, TICKET_VARIABLE, Ticket
from taskyard_runtime.attempt import RunningAttempt
from taskyard_runtime.cancellation import Cancellation
from taskyard_runtime.reports import failed, report, write
from taskyard_runtime.worker_process import WorkerProcess


def supervise(environment: MutableMapping[str, str], cancellation: Cancellation) -> bool:
    """Run the attempt that the ticket in `environment` describes; whether it succeeded.

    What is meant for the supervisor is taken out of `environment`: the worker inherits the rest, and
    user code has no business with presigned URLs. (That keeps them out of dumps and logs; code of the
    same user that looks for them in /proc will find them, and they open this attempt's objects only.)
    """
    ticket = environment.pop(TICKET_VARIABLE, "")
    report_path = Path(environment.pop(REPORT_VARIABLE, "/dev/termination-log"))
    with Supervisor(environment, cancellation) as supervisor:
        return supervisor.run(ticket, report_path)


class Supervisor:
    """Runs attempts one after another, which share a worker for as long as that stays.

    Args:
        environment: of the worker, once what is meant for the supervisor is taken out.
        cancellation: of the attempt that runs; there is none after it.
    """

    def __init__(self, environment: MutableMapping[str, str], cancellation: Cancellation) -> None:
        self._patience = _seconds(environment.pop(PATIENCE_VARIABLE, ""), 300.0)
        self._environment = environment
        self._cancellation = cancellation
        self._worker: WorkerProcess | None = None
        self._number = 0
        self._home: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker:
            self._worker.close()
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)

    @property
    def kept(self) -> bool:
        """Whether there is a worker that another attempt finds ready."""
        return self._worker is not None and not self._cancellation.requested

    def run(self, text: str, report_path: Path, stays: bool = False) -> bool:
        """Run the attempt of a ticket (JSON), and leave its report; whether it succeeded.

        A worker that `stays` takes the next attempt, if it can.
        """
        try:
            ticket = Ticket.from_json(text)
            directory = self._directory()
        except (ValueError, OSError) as error:
            outcome = failed(Reason.PROCESS_CRASHED, f"The runner cannot begin: {error}.")
            print(f"taskyard: {outcome.message}", flush=True)  # noqa: T201 - there is no log yet
            write(report(outcome, Timings(), 0), report_path)
            return False
        attempt = RunningAttempt(
            ticket,
            directory,
            self._environment,
            self._cancellation,
            self._patience,
            stays,
            self._living_worker(),
        )
        try:
            return attempt.run(report_path)
        finally:
            self._worker = attempt.worker
            shutil.rmtree(directory, ignore_errors=True)

    def _living_worker(self) -> WorkerProcess | None:
        """The one that has stayed; it may have died while nobody used it, and nobody is to blame."""
        if self._worker and not self._worker.stays():
            self._worker.close()
            self._worker = None
        return self._worker

    def _directory(self) -> Path:
        """A directory for an attempt, below one for all of them that this user alone can read."""
        self._home = self._home or Path(tempfile.mkdtemp(prefix="taskyard-"))
        self._number += 1
        directory = self._home / str(self._number)
        directory.mkdir()
        return directory


def _seconds(text: str, default: float) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return default
