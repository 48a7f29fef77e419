"""How far somebody has followed a task: all of it is in the id of an event, and nothing is kept here.

So any gateway can go on where another one has stopped, after a restart as well.
"""

import re
from dataclasses import dataclass, replace
from typing import Self

_NUMBER = "(0|[1-9a-f][0-9a-f]{0,15})"
_ID = re.compile(rf"1\.{_NUMBER}\.{_NUMBER}\.{_NUMBER}\.{_NUMBER}\.([0-9a-f]{{8}}|new|end)")
"""The version of the layout, then the fields of a position in their order; numbers in hexadecimal."""

NOTHING_TOLD = "new"
END_TOLD = "end"


@dataclass(frozen=True, slots=True)
class Position:
    """What has been told of a task.

    Args:
        attempt: the newest attempt of which is told, from 1; all of those before it is told.
        progress: the time of the last progress that was told of it, in microseconds since 1970.
        outputs: bytes of its partial outputs that were told.
        log: bytes of its log that were told, counted as the task has written them.
        told: which phase was told last, as `phase_mark` has it.
    """

    attempt: int = 0
    progress: int = 0
    outputs: int = 0
    log: int = 0
    told: str = NOTHING_TOLD

    @property
    def ended(self) -> bool:
        """Whether all has been told."""
        return self.told == END_TOLD

    def opening(self, attempt: int) -> Self:
        """At the beginning of a later attempt."""
        return replace(self, attempt=attempt, progress=0, outputs=0, log=0)

    def at_the_end(self) -> Self:
        """After all there is to tell."""
        return replace(self, told=END_TOLD)

    def event_id(self) -> str:
        """This position as the id of the event that has led to it."""
        numbers = (self.attempt, self.progress, self.outputs, self.log)
        return ".".join(("1", *(f"{number:x}" for number in numbers), self.told))

    @classmethod
    def from_event_id(cls, text: str) -> Self:
        """The position after the event of that id.

        Raises:
            ValueError: no event ever had it.
        """
        found = _ID.fullmatch(text)
        if found is None:
            raise ValueError("give the id of an event as it came with it, or none to begin anew")
        attempt, progress, outputs, log = (int(number, 16) for number in found.groups()[:4])
        return cls(attempt, progress, outputs, log, found[5])
