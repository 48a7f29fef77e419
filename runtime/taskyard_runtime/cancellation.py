"""Hears that the attempt is to end: SIGTERM, from the kubelet or a local launcher."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(BaseException):
    """Raised in the supervisor where it was waiting and the attempt is to end."""


class Cancellation:
    """Whether the attempt is to end. `install` and `interrupting` are for the main thread."""

    def __init__(self) -> None:
        self.requested = False
        self._raises = False

    def install(self) -> None:
        """Listen from now on; Ctrl-C at a terminal means the same."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let the request end this block at once, by Interrupted; also when it came before."""
        self._raises = True
        try:
            if self.requested:
                raise Interrupted
            yield
        finally:
            self._raises = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        if self._raises:
            self._raises = False
            raise Interrupted
