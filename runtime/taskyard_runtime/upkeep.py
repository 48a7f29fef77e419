"""Keeps objects up to date with what streams have become: a slow store never holds up the task.

Progress, log and outputs are such streams. Each is one object, written whole each time: so whoever
reads it needs no bookkeeping, and what is in it is what happened.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from taskyard_runtime.sources import Source, size_of
from taskyard_runtime.transfer import TransferError, upload

_PATIENCE = 5.0
"""Seconds that one upload may take while the stream goes on; the next one brings all of it anyway."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often an object is stored anew.

    Attributes:
        delay: seconds from a change to its upload: what comes together goes together, and what comes
            right before the end of the task costs no upload of its own.
        interval: the least seconds between two uploads, which bounds the requests.
        rate: bytes a second that the uploads stay below, which bounds the traffic: the larger the
            object has become, the longer are the pauses.
    """

    delay: float
    interval: float
    rate: float

    def pause(self, size: int) -> float:
        """Seconds to wait after an upload of `size` bytes."""
        return max(self.interval, size / self.rate)


class Upkeep:
    """Keeps the object behind `url` up to date with one stream, from a thread of its own.

    Args:
        name: of the stream, as the subject of a sentence.
        url: presigned for PUT; where it is empty, nothing is stored.
        content_type: of the object.
        body: what the stream has become; asked for in the thread.
        pace: how often.
        say: takes a sentence for the log, the first time that the stream cannot be stored.
    """

    def __init__(
        self,
        name: str,
        url: str,
        content_type: str,
        body: Callable[[], Source],
        pace: Pace,
        say: Callable[[str], None],
    ) -> None:
        self._name = name
        self._url = url
        self._content_type = content_type
        self._body = body
        self._pace = pace
        self._say = say
        self._condition = threading.Condition()
        self._version = self._stored = 0
        self._last_patience: float | None = None
        self._trouble = ""
        self._thread: threading.Thread | None = None

    def changed(self) -> None:
        """Note that the stream has grown; returns at once."""
        if not self._url:
            return
        with self._condition:
            self._version += 1
            self._condition.notify()
            self._start()

    def finish(self, patience: float) -> str:
        """Store what the stream has become, and nothing after that.

        Args:
            patience: seconds after which a store that stays away is given up.

        Returns:
            what went wrong, in words, where it is not stored; or an empty string.
        """
        with self._condition:
            if not self._version:
                return ""
            self._last_patience = patience
            self._condition.notify()
            self._start()
        if self._thread is None:
            return "there is no room for a thread that stores it"
        # An upload that is under way, and the last one. All in one thread: an older state of the
        # stream must not arrive after a newer one.
        self._thread.join(_PATIENCE + patience + 1)
        if self._stored == self._version:
            return ""
        return self._trouble or "an upload that was under way did not end"

    def _start(self) -> None:
        """Start the thread; where the task has left no room for it, it is tried again with each change."""
        if self._thread is None:
            thread = threading.Thread(target=self._keep, name=self._name, daemon=True)
            with suppress(RuntimeError):
                thread.start()
                self._thread = thread

    def _keep(self) -> None:
        patience = None
        while patience is None:
            with self._condition:
                self._wait(None, or_change=True)
                self._wait(self._pace.delay)
                version, patience = self._version, self._last_patience
            size = self._store(version, patience)
            with self._condition:
                self._wait(self._pace.pause(size))

    def _wait(self, seconds: float | None, *, or_change: bool = False) -> None:
        """Wait for the end of the stream, `seconds` at most; or for a change of it."""
        self._condition.wait_for(
            lambda: self._last_patience is not None or (or_change and self._version > self._stored),
            seconds,
        )

    def _store(self, version: int, patience: float | None) -> int:
        """Store the stream, which has become this version at least; the size of the object."""
        if version == self._stored:
            return 0
        try:
            body = self._body()
            upload(self._url, body, self._content_type, _PATIENCE if patience is None else patience)
        except (OSError, TransferError) as error:
            if not self._trouble and patience is None:
                self._say(f"{self._name} cannot be stored: {error}")
            self._trouble = str(error)
            return 0
        self._stored = version
        return size_of(body)
