"""What a caller may ask for beside the arguments of a task."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from taskyard.api.callback import Callback
from taskyard.api.taskservice import Deadlines


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one submit, checked.

    Attributes:
        labels: what the caller calls the run by.
        priority: of those that wait for a place, the higher goes first.
        deadlines: the run's own, of which the shorter counts.
        callback: where to tell of the run, in place of what its service says.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    priority: int | None = None
    deadlines: Deadlines | None = None
    callback: Callback | None = None

    def told(self) -> str:
        """The same text for the same options."""
        deadlines = self.deadlines.to_wire() if self.deadlines else None
        callback = self.callback.to_wire() if self.callback else None
        return json.dumps([dict(self.labels), self.priority, deadlines, callback], sort_keys=True)
