"""Arguments that several commands take."""

from typing import Annotated

import typer

from taskyard.cli._completion import complete_service, complete_task_id

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
Attempt = Annotated[
    int | None, typer.Option(min=1, help="Of which attempt; of the newest by default.")
]
ServiceOption = Annotated[
    str | None, typer.Option(help="Only of this service.", autocompletion=complete_service)
]
