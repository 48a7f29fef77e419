"""Which tasks are meant, by what they have in common: options of `list`, `cancel` and `delete`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

import typer

from taskyard.api.reasons import Phase
from taskyard.cli._exits import WrongCall
from taskyard.cli._parameters import ServiceOption, labels_in


@dataclass(frozen=True, slots=True)
class Selection:
    """The tasks of which all that is said is true."""

    service: ServiceOption = None
    task: Annotated[str | None, typer.Option(help="Only calls of this task.")] = None
    phase: Annotated[
        str | None, typer.Option(metavar="PHASE,...", help="Only in these phases.")
    ] = None
    reason: Annotated[str | None, typer.Option(help="Only with this reason.")] = None
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Only with this label; repeatable."),
    ] = None
    after: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only those submitted after it.")
    ] = None
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only those submitted before it.")
    ] = None

    def query(self) -> list[tuple[str, str]]:
        """The same as parameters of a request; none where nothing is said.

        Raises:
            WrongCall: a label or a time is none.
        """
        from taskyard._client._filters import Filters

        filters = Filters(
            self.task,
            self.phase.split(",") if self.phase else (),
            self.reason,
            labels_in(self.label),
            _time(self.after),
            _time(self.before),
        )
        return filters.query() + ([("service", self.service)] if self.service else [])

    def in_phases(self, phases: Iterable[Phase]) -> "Selection":
        """The same in these phases, where it does not say itself which."""
        return self if self.phase else replace(self, phase=",".join(phases))

    def up_to(self, created: str) -> "Selection":
        """The same without what was submitted after that time, which is one of a task and has whole seconds."""
        after = datetime.fromisoformat(created) + timedelta(seconds=1)
        return replace(self, before=after.isoformat())


def _time(text: str | None) -> datetime | None:
    """A time as people write it; without a time zone it is this machine's."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise WrongCall(f"{text!r} is no time: give it as in 2026-07-01T12:00:00Z") from None
