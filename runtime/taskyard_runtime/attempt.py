"""The whole story of one attempt: input, worker, outputs, result, log, report.

Whatever happens, the attempt ends with a report that says how.
"""

import json
import os
import time
import traceback
from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path

from taskyard.api.reasons import Reason
from taskyard.api.report import Report, ResultInfo, Timings
from taskyard.api.runner import Ticket
from taskyard_runtime.cancellation import Cancellation, Interrupted
from taskyard_runtime.log import PACE as LOG_PACE
from taskyard_runtime.log import Log
from taskyard_runtime.memory import Memory
from taskyard_runtime.outputs import OutputUploads
from taskyard_runtime.progress import ProgressUploads
from taskyard_runtime.protocol import Outcome, Request
from taskyard_runtime.reports import SUCCEEDED, cancelled, failed, judge, report, write
from taskyard_runtime.transfer import TransferError, download, upload
from taskyard_runtime.upkeep import Upkeep
from taskyard_runtime.worker_process import Ending, WorkerProcess

_LOG_PATIENCE = 30.0
"""Seconds that a log is worth: the end of the attempt waits for it."""
_OUTPUTS_PATIENCE = 5.0
"""Seconds that the outputs of an attempt without a result are worth; those of another are as its result."""
_PIPE_PATIENCE = 2.0
"""Seconds to wait for the last output, where a process that got away keeps the pipe open."""


@dataclass
class RunningAttempt:
    """One attempt, in its private directory. `worker` is one that stayed, before it and after it.

    `environment` is that of a new worker; `patience` is in seconds: after them a store that stays away is
    given up. With `stays` the worker may take another attempt.
    """

    ticket: Ticket
    directory: Path
    environment: MutableMapping[str, str]
    cancellation: Cancellation
    patience: float
    stays: bool = False
    worker: WorkerProcess | None = None

    def __post_init__(self) -> None:
        log = self.log = Log(self.directory / "log", self.ticket.max_log_bytes)
        text, url = "text/plain; charset=utf-8", self.ticket.log_url
        self.stored_log = Upkeep("the log", url, text, log.body, LOG_PACE, log.say)
        log.tell(self.stored_log.changed)
        self.memory = Memory()
        self.timings = Timings()

    def run(self, report_path: Path) -> bool:
        """Run it, and leave its report; whether it succeeded."""
        found, room = self._report(), self.ticket.max_report_bytes
        # Before the log goes out: a store that stays away must not cost the report its chance.
        trouble = write(found, report_path, room)
        if found.message:
            self.log.say(f"{found.reason}: {found.message}")
        if trouble:
            self.log.say(trouble)
        if self._store_log():
            write(replace(found, log_stored=True), report_path, room)
        return found.outcome == SUCCEEDED

    def _report(self) -> Report:
        try:
            outcome = self._work()
            if outcome.outcome == SUCCEEDED:
                return self._store_result(outcome)
        except Interrupted:
            outcome = cancelled("The task was cancelled before it was started.")
        except Exception as error:  # the last resort: an attempt never ends without a report
            self.log.say(traceback.format_exc())
            outcome = failed(
                Reason.PROCESS_CRASHED, f"The runner itself failed: {type(error).__name__}: {error}"
            )
        return report(outcome, self.timings, self.memory.peak())

    def _work(self) -> Outcome:
        """Everything up to the worker's end."""
        request = self._request()
        try:
            with self.cancellation.interrupting():
                self._fetch_input(request.body)
        except TransferError as error:
            return failed(Reason.INPUT_UNAVAILABLE, f"The input could not be fetched: {error}.")
        url, limit = self.ticket.outputs_url, self.ticket.max_outputs_bytes
        outputs = OutputUploads(request.outputs, url, limit, self.log.say)
        ending = self._run_worker(request, outputs)
        self.timings = Timings(load=round(ending.load, 3), run=round(ending.run, 3))
        grace = self.ticket.cancel_grace
        outcome = judge(ending, self.cancellation.requested, grace, self.memory)
        return self._with_outputs(outcome, outputs)

    def _request(self) -> Request:
        source = self.ticket.input
        return Request(
            run=self.ticket.run,
            attempt=self.ticket.attempt,
            entrypoint=self.ticket.entrypoint,
            task=self.ticket.task,
            content_type="application/json" if source.inline is not None else source.content_type,
            directory=str(self.directory),
            home=str(self.directory.parent),
            max_outputs_bytes=self.ticket.max_outputs_bytes,
            stays=self.stays,
        )

    def _fetch_input(self, body: Path) -> None:
        source = self.ticket.input
        if source.inline is not None:
            body.write_text(json.dumps(source.inline))
        else:
            download(source.url, body, source.size, source.sha256, self.patience)

    def _with_outputs(self, outcome: Outcome, outputs: OutputUploads) -> Outcome:
        """Store the last of the outputs: a success is none without them."""
        succeeded = outcome.outcome == SUCCEEDED
        patience = self.patience if succeeded else min(self.patience, _OUTPUTS_PATIENCE)
        trouble = outputs.finish(patience)
        if trouble and succeeded:
            message = f"The outputs could not be stored: {trouble}."
            return failed(Reason.RESULT_UPLOAD_FAILED, message)
        if trouble:
            self.log.say(f"the outputs could not be stored: {trouble}")
        return outcome

    def _run_worker(self, request: Request, outputs: OutputUploads) -> Ending:
        progress = ProgressUploads(self.ticket.progress_url, self.log.say)
        reading, writing = os.pipe()
        try:
            # Whatever goes wrong in between: one that may still be at this attempt takes no other.
            worker, self.worker = self.worker or WorkerProcess(self.environment, writing), None
            hearing = worker.begin(request, writing, progress.update, outputs.grown)
        finally:
            os.close(writing)
        self.log.follow(reading)
        self.memory.watch(worker.pid)
        ending = worker.follow(hearing, self.cancellation, self.ticket.cancel_grace)
        if worker.stays():
            self.worker = worker
        progress.finish(self.patience)
        return ending

    def _store_result(self, outcome: Outcome) -> Report:
        """Store what the worker left, and report success, or why it could not be stored."""
        result, limit = self.directory / "result", self.ticket.max_result_bytes
        size = result.stat().st_size
        if size > limit:
            message = f"The result has {size} bytes, and at most {limit} are allowed."
            return report(failed(Reason.TASK_ERROR, message), self.timings, self.memory.peak())
        started = time.monotonic()
        try:
            stored = upload(self.ticket.result_url, result, outcome.content_type, self.patience)
        except TransferError as error:
            message = f"The result could not be stored: {error}."
            trouble = failed(Reason.RESULT_UPLOAD_FAILED, message)
            return report(trouble, self.timings, self.memory.peak())
        timings = replace(self.timings, upload=round(time.monotonic() - started, 3))
        info = ResultInfo(
            size=stored.size,
            sha256=stored.sha256,
            content_type=outcome.content_type,
            status_code=outcome.status_code,
            file_name=outcome.file_name,
            e_tag=stored.e_tag,
            headers=outcome.headers,
        )
        return replace(report(outcome, timings, self.memory.peak()), result=info)

    def _store_log(self) -> bool:
        """Store the whole log; whether it is stored."""
        trouble = ""
        try:
            self.log.finish(_PIPE_PATIENCE)
        except OSError as error:
            trouble = str(error)
        trouble = self.stored_log.finish(min(self.patience, _LOG_PATIENCE)) or trouble
        if trouble:
            self.log.say(f"the log could not be stored: {trouble}")
        return bool(self.ticket.log_url) and not trouble
