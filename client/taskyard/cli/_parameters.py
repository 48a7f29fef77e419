"""Arguments that several commands take."""

from collections.abc import Sequence
from typing import Annotated

import typer

from taskyard.cli._completion import complete_service, complete_task_id
from taskyard.cli._exits import WrongCall

TaskId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The task, as submit has told it.", autocompletion=complete_task_id
    ),
]
TaskIds = Annotated[
    list[str],
    typer.Argument(
        metavar="ID...", help="Tasks, as submit has told them.", autocompletion=complete_task_id
    ),
]
SomeTaskIds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID...",
        help="Tasks, as submit has told them; or say by options which.",
        autocompletion=complete_task_id,
    ),
]
Attempt = Annotated[
    int | None, typer.Option(min=1, help="Of which attempt; of the newest by default.")
]
ServiceOption = Annotated[
    str | None, typer.Option(help="Only of this service.", autocompletion=complete_service)
]


def labels_in(words: Sequence[str] | None) -> dict[str, str]:
    """Labels, of which each is given as KEY=VALUE.

    Raises:
        WrongCall: one is not.
    """
    pairs = [word.partition("=") for word in words or ()]
    for key, equals, value in pairs:
        if not key or not equals:
            raise WrongCall(f"{key + value!r} is no label: give KEY=VALUE")
    return {key: value for key, _, value in pairs}
