"""How a task is run: options of `submit`."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from taskyard.cli._parameters import labels_in

if TYPE_CHECKING:
    from taskyard._client._options import Options

_option = partial(typer.Option, rich_help_panel="How it is run")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What may be asked for beside the arguments of a task."""

    priority: Annotated[int | None, _option(help="Higher ones come first.")] = None
    label: Annotated[
        list[str] | None, _option(metavar="KEY=VALUE", help="To find it by; repeatable.")
    ] = None
    queue_deadline: Annotated[
        int | None, _option(metavar="SECONDS", help="How long it may wait in line.")
    ] = None
    start_deadline: Annotated[
        int | None, _option(metavar="SECONDS", help="How long its start may take.")
    ] = None
    run_deadline: Annotated[
        int | None,
        _option(metavar="SECONDS", help="How long it may run."),
    ] = None
    callback: Annotated[
        str | None, _option(metavar="URL", help="Told of its end, or of --callback-states.")
    ] = None
    callback_states: Annotated[
        str | None, _option(metavar="PHASE,...", help="What the callback tells of.")
    ] = None
    idempotency_key: Annotated[
        str | None,
        _option(
            metavar="KEY",
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
