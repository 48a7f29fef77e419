"""Makes of a worker's ending the report's words, and writes the report."""

import signal
from pathlib import Path

from taskyard.api.names import bounded
from taskyard.api.reasons import Reason
from taskyard.api.report import MAX_REPORT_BYTES, Report, Timings
from taskyard_runtime.memory import Memory
from taskyard_runtime.protocol import Outcome
from taskyard_runtime.worker_process import Ending

SUCCEEDED, FAILED, CANCELLED = "Succeeded", "Failed", "Cancelled"


def failed(reason: Reason, message: str) -> Outcome:
    """An attempt that failed, in a sentence."""
    return Outcome(FAILED, reason, message)


def cancelled(message: str) -> Outcome:
    """An attempt that was cancelled, in a sentence."""
    return Outcome(CANCELLED, Reason.CANCELLED, message)


def judge(ending: Ending, cancel_requested: bool, grace: float, memory: Memory) -> Outcome:
    """What became of the attempt whose worker ended like this.

    A task that ended well although its end was asked for has succeeded: the request came too late.
    """
    outcome = ending.outcome
    if outcome is not None and outcome.outcome == SUCCEEDED:
        return outcome
    if cancel_requested:
        return _judge_cancelled(ending, grace)
    if outcome is None:
        return _judge_crash(ending.exit_code, memory)
    if outcome.outcome == CANCELLED:
        # Only we tell a worker of a cancel. Whoever deletes a pod has the signal sent to us, too.
        why = "The task's process was sent SIGTERM, by itself or by another process of the task."
        return failed(Reason.PROCESS_CRASHED, why)
    if outcome.reason in (Reason.TASK_ERROR, Reason.LOAD_FAILED) and memory.killed():
        message = f"{_out_of_memory('a child of the task', memory)}; then: {outcome.message}"
        return Outcome(FAILED, Reason.OUT_OF_MEMORY, message, outcome.error_type)
    return outcome


def report(
    outcome: Outcome, timings: Timings, peak_memory: int, log_stored: bool = False
) -> Report:
    """The report of an attempt without a result."""
    return Report(
        outcome=outcome.outcome,
        reason=outcome.reason,
        message=bounded(outcome.message),
        error_type=outcome.error_type,
        log_stored=log_stored,
        timings=timings,
        peak_memory=peak_memory,
    )


def write(found: Report, path: Path, limit: int = MAX_REPORT_BYTES) -> str:
    """Write the report in `limit` bytes; what went wrong, in a sentence, or an empty string."""
    try:
        path.write_text(found.to_json(limit), encoding="utf-8")
    except OSError as error:
        return f"the report cannot be written to {path}: {error.strerror}"
    return ""


def _judge_cancelled(ending: Ending, grace: float) -> Outcome:
    if ending.overdue:
        return cancelled(
            f"The task was cancelled; it did not end within {grace:g} s and was killed."
        )
    if ending.outcome is not None and ending.outcome.outcome == CANCELLED:
        return ending.outcome
    return cancelled("The task was cancelled.")


def _judge_crash(exit_code: int, memory: Memory) -> Outcome:
    if exit_code == -signal.SIGKILL and memory.killed():
        return failed(Reason.OUT_OF_MEMORY, _out_of_memory("the task", memory))
    if exit_code < 0:
        how = f"was killed by signal {_signal_name(-exit_code)}"
    else:
        how = f"ended with exit code {exit_code} before the task returned"
    message = f"The task's process {how}."
    if memory.killed():
        message = f"{_out_of_memory('a child of the task', memory)}; then: {message}"
        return failed(Reason.OUT_OF_MEMORY, message)
    return failed(Reason.PROCESS_CRASHED, message)


def _out_of_memory(victim: str, memory: Memory) -> str:
    limit = memory.limit()
    of = f" (limit {limit / 2**20:.0f} MiB)" if limit is not None else ""
    return f"The kernel killed {victim} for using too much memory{of}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
