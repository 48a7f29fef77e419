"""The other end of `drive.py`: BentoML's clients of one version, as if they were at hand."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from .environments import python_with_bentoml

_PROGRAM = Path(__file__).with_name("drive.py")


@dataclass(frozen=True)
class Raised:
    """What a call raised: the class's name, BentoML's error code, the text."""

    error: str
    code: int | None
    message: str


class Driver:
    """A process with BentoML of one version in it."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        python = python_with_bentoml(version)
        hidden = ("PYTHON", "BENTO")
        own = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        variables = {"BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "True", "NO_PROXY": "*"}
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            [python, _PROGRAM],
            env=own | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._log.close()

    def ask(self, told: Mapping[str, Any]) -> Any:
        """What came of it: a value, or `Raised`."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise AssertionError(f"the driver of {self.version} has ended: {self._log.read()}")
        return _read(json.loads(line))


@dataclass(frozen=True)
class Client:
    """One of BentoML's clients, for the service at `url`."""

    driver: Driver
    kind: str
    url: str

    def do(self, what: str, task: str = "", /, **more: Any) -> Any:
        """One call of it; see `drive.py`."""
        head = {"client": self.kind, "url": self.url, "do": what, "task": task}
        return self.driver.ask(head | more)

    def submit(self, task: str, /, *args: Any, **kwargs: Any) -> str:
        """The id of a new task. Where the blocking client cannot submit, by the remedy of the docs."""
        task_id = self.do("submit", task, args=args, kwargs=kwargs, remedy=self.kind == "sync")
        assert isinstance(task_id, str), task_id
        return task_id

    def call(self, task: str, /, *args: Any, **kwargs: Any) -> Any:
        """The result of a direct call."""
        return self.do("call", task, args=args, kwargs=kwargs)

    def about(self, what: str, task: str, task_id: str) -> Any:
        """What `get`, `get_status`, `cancel` or `retry` give."""
        return self.do(what, task, id=task_id)

    def all_results(self, calls: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The results of many tasks that were submitted one after the other."""
        outcomes = self.do("many", calls=calls, remedy=self.kind == "sync")
        assert isinstance(outcomes, list), outcomes
        return [_read(outcome) for outcome in outcomes]


def _read(outcome: Mapping[str, Any]) -> Any:
    return Raised(**outcome) if "error" in outcome else outcome["value"]
