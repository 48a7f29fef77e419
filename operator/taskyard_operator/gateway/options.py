"""What a caller may ask for beside the arguments of a task."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from taskyard.api.taskservice import Deadlines


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one submit, checked.

    Attributes:
        labels: what the caller calls the run by.
        priority: of those that wait for a place, the higher goes first.
        deadlines: the run's own, of which the shorter counts.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    priority: int | None = None
    deadlines: Deadlines | None = None

    def told(self) -> str:
        """The same text for the same options."""
        deadlines = self.deadlines.to_wire() if self.deadlines else None
        return json.dumps([dict(self.labels), self.priority, deadlines], sort_keys=True)
