"""What is on the disk of an attempt: enough to tell, after the server was killed, how it ended.

Each has a folder `attempts/<run>-<number>` with `attempt.json`, which attempt of which run it is;
`report.json`, what its runner said of its end; and `output`, what its runner printed: the log, where it
could store none.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from taskyard.api.names import job_name
from taskyard_operator.local.capacity import Demand
from taskyard_operator.ports import Key, Missing

_OUTPUT_BYTES = 1024**2
"""So much of the end of an output is worth storing as a log."""


class AttemptCard(BaseModel):
    """Which attempt it is, and all that is needed to start it: it may wait longer than its server lives.

    `owner` is the uid of its run, `ticket` the orders for its runner as JSON. One that is `warm` may run
    where another of its service has run before. `started_at` is None while it waits for something to be
    free.
    """

    namespace: str
    run: str
    service: str = ""
    owner: str
    number: int
    priority: int
    demand: Demand
    warm: bool = False
    grace: float
    ticket: str
    created_at: datetime
    started_at: datetime | None = None

    @property
    def key(self) -> Key:
        """The key of its run."""
        return Key(self.namespace, self.run)

    @property
    def job(self) -> str:
        """The one name that it can have."""
        return job_name(self.run, self.number)


class AttemptFolder:
    """The folder of one attempt."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def report_file(self) -> Path:
        """Where its runner writes the report."""
        return self._path / "report.json"

    @property
    def output_file(self) -> Path:
        """Where what its runner prints goes."""
        return self._path / "output"

    def write(self, card: AttemptCard) -> None:
        """Note which attempt it is, all at once."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)  # the ticket opens its objects
        new = self._path / "attempt.new"
        new.write_text(card.model_dump_json())
        new.replace(self._path / "attempt.json")

    def report(self) -> str:
        """What its runner said of its end; empty where it said nothing."""
        with suppress(OSError, UnicodeDecodeError):
            return self.report_file.read_text()
        return ""

    def output(self) -> bytes:
        """The end of what its runner printed. Raises `Missing`."""
        try:
            with self.output_file.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - _OUTPUT_BYTES))
                return file.read()
        except OSError as error:
            raise Missing("the attempt has left no output") from error

    def remove(self) -> None:
        """Forget the attempt."""
        shutil.rmtree(self._path, ignore_errors=True)


class AttemptFolders:
    """The folders of all attempts of a server."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, card: AttemptCard) -> AttemptFolder:
        """The folder of an attempt. A run's name is a DNS name: it holds no slash, and is no `..`."""
        return AttemptFolder(self._path / card.job)

    def cards(self) -> Iterator[AttemptCard]:
        """All attempts that are known from before; what cannot be read is nobody's."""
        for file in self._path.glob("*/attempt.json"):
            with suppress(OSError, ValidationError):
                yield AttemptCard.model_validate_json(file.read_text())
