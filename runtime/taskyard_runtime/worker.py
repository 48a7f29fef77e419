"""The worker: runs the user's code, and tells the supervisor how it went.

`python -m taskyard_runtime.worker <request file> <file descriptor for events>`
"""

import ctypes
import os
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from taskyard._current_task import CurrentTask, TaskCancelled, running
from taskyard._values.wire import Encoded, InvalidInput, InvalidResult
from taskyard.api.names import bounded
from taskyard.api.reasons import Reason
from taskyard_runtime.adapters import LoadError
from taskyard_runtime.errors import describe, type_name, write_traceback
from taskyard_runtime.events import Events
from taskyard_runtime.execution import Stop
from taskyard_runtime.loading import load
from taskyard_runtime.outputs import OutputFile
from taskyard_runtime.protocol import MAX_NAME_BYTES, Outcome, Request
from taskyard_runtime.reports import FAILED, SUCCEEDED, cancelled, failed

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Do what the request says, and send the outcome."""
    request_path, pipe = sys.argv[1:]
    del sys.argv[1:]
    _die_with_the_supervisor()
    request = Request.read(Path(request_path))
    events = Events(int(pipe))
    outputs = OutputFile(request.outputs, request.max_outputs_bytes, events.outputs)
    task = CurrentTask(request.run, request.attempt, events.progress, outputs.add)
    stop = Stop(task)
    stop.install()
    # What the service does at its end, and how long that takes, changes nothing of the outcome.
    with ExitStack() as closing:
        events.outcome(_outcome(request, events, task, stop, closing))


def _outcome(
    request: Request, events: Events, task: CurrentTask, stop: Stop, closing: ExitStack
) -> Outcome:
    """Run the task, and put whatever happens into an outcome."""
    try:
        with running(task), stop.listening():
            outcome = _run(request, events, stop, closing)
    except LoadError as error:
        outcome = _load_failed(error)
    except InvalidInput as error:
        outcome = failed(Reason.INVALID_INPUT, str(error))
    except InvalidResult as error:
        outcome = failed(Reason.TASK_ERROR, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    # SystemExit and the like too: what a task raises is an error of the task.
    except BaseException as error:
        outcome = _task_error(error, stop)
    # Whatever the task made of it: that it was told is what counts.
    return cancelled("The task was cancelled.") if stop.delivered else outcome


def _run(request: Request, events: Events, stop: Stop, closing: ExitStack) -> Outcome:
    task = load(request.entrypoint, request.task)
    closing.callback(task.close)
    # Before the class is built: a wrong argument is not worth minutes of loading a model.
    task.read(request, stop)
    task.build(stop)
    events.loaded()
    encoded = task.call(stop)
    _write(encoded, request.result)
    return Outcome(
        SUCCEEDED,
        content_type=bounded(encoded.content_type, MAX_NAME_BYTES),
        file_name=encoded.file_name,
        status_code=encoded.status_code,
        headers=encoded.headers,
    )


def _write(encoded: Encoded, target: Path) -> None:
    if isinstance(encoded.content, bytes):
        target.write_bytes(encoded.content)
        return
    # The file itself may be gone with the end of this process: temporary folders are.
    source = encoded.content.resolve()
    try:
        os.link(source, target)
    except OSError:  # another file system, or a file that is not ours
        shutil.copyfile(source, target)


def _load_failed(error: LoadError) -> Outcome:
    cause = error.__cause__
    if cause is None:
        return failed(Reason.LOAD_FAILED, f"{error}.")
    write_traceback(cause)
    message = f"{error}: {describe(cause)}"
    return Outcome(FAILED, Reason.LOAD_FAILED, message, type_name(cause))


def _task_error(error: BaseException, stop: Stop) -> Outcome:
    if not (stop.delivered and isinstance(error, TaskCancelled)):
        write_traceback(error)
    return Outcome(FAILED, Reason.TASK_ERROR, describe(error), type_name(error))


def _die_with_the_supervisor() -> None:
    """Have the kernel kill us when the supervisor dies, so that no task runs on unwatched."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main()
