"""How a task is run: options of `submit`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from taskyard.cli._parameters import labels_in

if TYPE_CHECKING:
    from taskyard._client._options import Options

_PANEL = "How it is run"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What may be asked for beside the arguments of a task."""

    priority: Annotated[
        int | None, typer.Option(rich_help_panel=_PANEL, help="Higher ones come first.")
    ] = None
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", rich_help_panel=_PANEL, help="To find it by; repeatable."
        ),
    ] = None
    queue_deadline: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS", rich_help_panel=_PANEL, help="How long it may wait in line."
        ),
    ] = None
    start_deadline: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS", rich_help_panel=_PANEL, help="How long its start may take."
        ),
    ] = None
    run_deadline: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", rich_help_panel=_PANEL, help="How long it may run."),
    ] = None
    callback: Annotated[
        str | None,
        typer.Option(
            metavar="URL", rich_help_panel=_PANEL, help="Told of its end, or of --callback-states."
        ),
    ] = None
    callback_states: Annotated[
        str | None,
        typer.Option(
            metavar="PHASE,...", rich_help_panel=_PANEL, help="What the callback tells of."
        ),
    ] = None
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            rich_help_panel=_PANEL,
            help="The same key and arguments again give the same task, and not a second one.",
        ),
    ] = None

    def options(self) -> "Options":
        """The same, as the client has it.

        Raises:
            WrongCall: a label is none.
        """
        from taskyard._client._options import Options

        return Options(
            priority=self.priority,
            labels=labels_in(self.label),
            queue_deadline=self.queue_deadline,
            start_deadline=self.start_deadline,
            run_deadline=self.run_deadline,
            callback=self.callback,
            callback_states=self.callback_states.split(",") if self.callback_states else (),
            idempotency_key=self.idempotency_key,
        )
