"""Cases: calls of the service `Trouble`, written down beside the tests that look at their ends.

All of them are submitted at the start of the session and run at the same time, since a real pod takes
seconds; a test then waits for its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.chaos.yard import Yard

Status = dict[str, Any]
Moment = Callable[[Status], bool]
"""Whether a status is the one at which something is to happen."""
Act = Callable[["Yard", str], None]
"""What is done to the run of a name."""


WITHOUT_RUNNER = "an image without the runner"
"""Stands for such an image in a service, until the yard knows its name."""


@dataclass(frozen=True, eq=False)
class Case:
    """One run: what it calls, what holds for it, and what is done to it at the first such moment.

    `service` and `settings` are laid over the TaskService and over its entry for the task. One that
    `waits` never has a running container, so that any number of them may be under way. A
    `stored_input` goes to the object store, as a large one does.
    """

    name: str
    task: str
    arguments: dict[str, Any]
    service: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    deadlines: dict[str, int] = field(default_factory=dict)
    priority: int = 0
    service_name: str | None = None
    waits: bool = False
    stored_input: bool = False
    once: tuple[Moment, Act] | None = None

    @property
    def variant(self) -> str:
        """Equal for cases that can share a TaskService."""
        task = self.task if self.settings else ""
        return json.dumps([self.service, self.settings, task], sort_keys=True)


PLANNED: list[Case] = []
"""Every case of the test modules that were imported."""


def planned(name: str, task: str, /, **fields: Any) -> Case:
    """A case that is submitted at the start of the session; see `Case` for the fields."""
    arguments = fields.pop("arguments", {})
    case = Case(name, task, arguments, **fields)
    PLANNED.append(case)
    return case


def conditions(status: Status) -> dict[str, dict[str, Any]]:
    """The conditions of a status, by their type."""
    return {condition["type"]: condition for condition in status.get("conditions", [])}
