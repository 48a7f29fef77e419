"""Runs the real runner on tickets whose URLs lead to a real S3 server."""

import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.store import S3Store

from taskyard.api.report import Report
from taskyard.api.runner import TICKET_VARIABLE, InputSource, Ticket

SERVICES = Path(__file__).parent / "services"
PATIENCE = 60.0
"""Seconds after which a test gives a runner up."""


@dataclass(frozen=True)
class Finished:
    """What is left of an attempt: the report, and what lies in the store."""

    exit_code: int
    stdout: str
    report_text: str
    objects: Mapping[str, bytes]

    @property
    def report(self) -> Report:
        found = Report.from_json(self.report_text)
        assert found is not None, f"no report: {self.report_text!r}\n{self.stdout}"
        return found

    @property
    def result(self) -> bytes:
        assert self.report.outcome == "Succeeded", f"{self.report}\n{self.stdout}"
        return self.objects["result"]

    @property
    def log(self) -> str:
        return self.objects["log"].decode()

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """What the task gave away, in order."""
        lines = [json.loads(line) for line in self.objects.get("outputs", b"").splitlines()]
        assert [line["index"] for line in lines] == list(range(len(lines)))
        return lines

    @property
    def progress(self) -> list[tuple[float, str]]:
        """All that is stored of what the task said, oldest first."""
        lines = [json.loads(line) for line in self.objects["progress"].splitlines()]
        times = [datetime.fromisoformat(line["at"]) for line in lines]
        assert times == sorted(times)
        return [(line["fraction"], line["message"]) for line in lines]


class Attempt:
    """One attempt to be run, with objects of its own in the store."""

    def __init__(self, store: S3Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.prefix = f"runs/{secrets.token_hex(8)}"
        self.report_path = folder / "report.json"
        # A runner that a test kills leaves its directory behind: where pytest clears it away.
        work = folder / "work"
        work.mkdir()
        self.environment = {
            "TASKYARD_STORE_PATIENCE": "20",
            "PYTHONWARNINGS": "error",
            "TMPDIR": str(work),
        }
        self.launcher: list[str] = []
        """A command that starts the command given to it, in place of starting it at once."""
        self.python = Path(sys.executable)

    def url(self, method: Any, name: str) -> str:
        return obstore.sign(self.store, method, f"{self.prefix}/{name}", timedelta(minutes=5))

    def ticket(self, entrypoint: str, task: str, source: InputSource, **changes: Any) -> Ticket:
        ticket = Ticket(
            namespace="default",
            run="0123abcd",
            attempt=2,
            entrypoint=entrypoint,
            task=task,
            input=source,
            result_url=self.url("PUT", "result"),
            log_url=self.url("PUT", "log"),
            progress_url=self.url("PUT", "progress"),
            outputs_url=self.url("PUT", "outputs"),
            cancel_grace=5.0,
        )
        return replace(ticket, **changes)

    def stored(self, body: bytes, content_type: str = "application/json") -> InputSource:
        """Store an input."""
        self.store.put(f"{self.prefix}/input", body)
        return InputSource(
            url=self.url("GET", "input"),
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            content_type=content_type,
        )

    def object(self, name: str) -> bytes:
        """An object of the attempt as it is stored now; empty where it is not."""
        try:
            return bytes(self.store.get(f"{self.prefix}/{name}").bytes())
        except FileNotFoundError:
            return b""

    @contextmanager
    def started(self, ticket: Ticket) -> Iterator["Running"]:
        environment = {
            **os.environ,
            **self.environment,
            TICKET_VARIABLE: ticket.to_json(),
            "TASKYARD_REPORT_PATH": str(self.report_path),
        }
        output = self.folder / "stdout"
        with output.open("wb") as stdout:
            process = subprocess.Popen(
                [*self.launcher, str(self.python), "-m", "taskyard_runtime"],
                cwd=SERVICES,
                env=environment,
                stdout=stdout,
                stderr=subprocess.STDOUT,
            )
        with process:
            try:
                yield Running(self, process, output)
            finally:
                process.kill()

    def run(self, ticket: Ticket) -> Finished:
        with self.started(ticket) as running:
            return running.finish()

    def call(self, entrypoint: str, task: str, /, **arguments: Any) -> Finished:
        """Run a task with JSON arguments that are part of the ticket."""
        return self.run(self.ticket(entrypoint, task, InputSource(inline=arguments)))


@dataclass
class Running:
    """An attempt that runs."""

    attempt: Attempt
    process: "subprocess.Popen[bytes]"
    output: Path
    _deadline: float = field(default_factory=lambda: time.monotonic() + PATIENCE)

    def wait_for(self, text: str) -> str:
        """The output, once `text` is in it."""
        return self.wait_until(lambda: text in self.stdout(), f"{text!r} in the output")

    def wait_until(self, condition: Callable[[], bool], what: str) -> str:
        while not condition():
            if time.monotonic() > self._deadline or self.process.poll() is not None:
                raise AssertionError(f"never came: {what}; output:\n{self.stdout()}")
            time.sleep(0.02)
        return self.stdout()

    def stdout(self) -> str:
        return self.output.read_text(errors="replace")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def finish(self) -> Finished:
        code = self.process.wait(PATIENCE)
        path = self.attempt.report_path
        report = path.read_text() if path.exists() else ""
        return Finished(code, self.stdout(), report, self._objects())

    def _objects(self) -> dict[str, bytes]:
        found = {}
        for name in ("result", "log", "progress", "outputs"):
            try:
                content = self.attempt.store.get(f"{self.attempt.prefix}/{name}").bytes()
            except FileNotFoundError:
                continue
            found[name] = bytes(content)
        return found
