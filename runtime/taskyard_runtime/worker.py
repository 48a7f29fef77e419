"""The worker: runs the user's code, and tells the supervisor how it went.

`python -m taskyard_runtime.worker <file descriptor of the socket on which requests come>`
"""

import ctypes
import os
import re
import shutil
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from taskyard._current_task import CurrentTask, TaskCancelled, running
from taskyard._values.wire import Encoded, InvalidInput, InvalidResult
from taskyard.api.reasons import Reason
from taskyard_runtime.adapters import LoadError, Service
from taskyard_runtime.errors import describe, type_name, write_traceback
from taskyard_runtime.events import Events
from taskyard_runtime.execution import Stop
from taskyard_runtime.loading import load
from taskyard_runtime.outputs import OutputFile
from taskyard_runtime.protocol import MAX_MESSAGE_BYTES, Outcome, Request
from taskyard_runtime.reports import FAILED, SUCCEEDED, cancelled, failed
from taskyard_runtime.surroundings import Surroundings, let_go_of_output, take_output

_PR_SET_PDEATHSIG = 1
_DEVICE_LOST = re.compile(r"(cuda|hip).?error", re.IGNORECASE)
"""In the text of errors after which nothing in this process can use the device any more."""


def main() -> None:
    """Do what the requests say, one after another, and send the outcomes."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    del sys.argv[1:]
    channel.set_inheritable(False)  # programs that user code starts do not get it
    _die_with_the_supervisor()
    # What the service does at its end, and how long that takes, changes nothing of the outcome.
    with channel, ExitStack() as closing:
        worker = _Worker(closing)
        while (request := _received(channel)) and worker.run(*request):
            pass


def _received(channel: socket.socket) -> tuple[Request, int, int] | None:
    """A request with the descriptors for what is printed and for events; None when there are no more."""
    path, descriptors, _, _ = socket.recv_fds(channel, MAX_MESSAGE_BYTES, 2)
    if not path:
        return None
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    output, events = descriptors
    return Request.read(Path(path.decode())), output, events


class _Worker:
    """Runs one request after another on what was built for the first; closes that with `closing`."""

    def __init__(self, closing: ExitStack) -> None:
        self._closing = closing
        self._services: dict[str, Service] = {}
        self._surroundings: Surroundings | None = None
        self._events: Events | None = None
        self._process = os.getpid()
        os.register_at_fork(after_in_child=self._forked)

    def run(self, request: Request, output: int, pipe: int) -> bool:
        """Run one request; whether another one can be run after it."""
        take_output(output)
        events = self._events = Events(pipe)
        outputs = OutputFile(request.outputs, request.max_outputs_bytes, events.outputs)
        task = CurrentTask(request.run, request.attempt, events.progress, outputs.add)
        stop = Stop(task)
        stop.install()
        with ExitStack() as call:
            outcome = self._outcome(request, events, task, stop, call)
            events.outcome(outcome)
        stays = request.stays and _harmless(outcome) and self._restored()
        if stays:
            # Before the next task's is there, an order to end must not be heard by nobody.
            stop.forget()
            let_go_of_output()
            events.close()
        return stays

    def _outcome(
        self, request: Request, events: Events, task: CurrentTask, stop: Stop, call: ExitStack
    ) -> Outcome:
        """Run the task, and put whatever happens into an outcome."""
        try:
            with running(task), stop.listening():
                outcome = self._run(request, events, stop, call)
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

    def _run(self, request: Request, events: Events, stop: Stop, call: ExitStack) -> Outcome:
        task = self._service(request.entrypoint).task(request.task)
        call.callback(task.close)
        # Before the class is built: a wrong argument is not worth minutes of loading a model.
        task.read(request, stop)
        task.build(stop)
        if request.stays and self._surroundings is None:
            self._surroundings = Surroundings()
        events.loaded()
        encoded = task.call(stop)
        if os.getpid() != self._process:
            os._exit(0)  # A fork that has come back from the task: the result is the task's own.
        _write(encoded, request.result)
        return Outcome(
            SUCCEEDED,
            content_type=encoded.content_type,
            file_name=encoded.file_name,
            status_code=encoded.status_code,
            headers=encoded.headers,
        )

    def _service(self, entrypoint: str) -> Service:
        if entrypoint not in self._services:
            service = self._services[entrypoint] = load(entrypoint)
            self._closing.callback(service.close)
        return self._services[entrypoint]

    def _restored(self) -> bool:
        trouble = self._surroundings.restore() if self._surroundings else ""
        if trouble:
            sys.stderr.write(f"taskyard: the worker is not kept: {trouble}\n")
        return not trouble

    def _forked(self) -> None:
        if self._events is not None:
            self._events.forked()


def _harmless(outcome: Outcome) -> bool:
    """Whether the process is as good as before after an outcome."""
    if outcome.reason == Reason.TASK_ERROR:
        return not _DEVICE_LOST.search(outcome.message)
    return outcome.outcome == SUCCEEDED or outcome.reason == Reason.INVALID_INPUT


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
