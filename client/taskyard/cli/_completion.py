"""What a shell may complete: services and tasks, the arguments of a task, ids. Silent where it fails."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from taskyard.cli._terminal import in_a_line

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

T = TypeVar("T")

_SHOWN = 50
"""Ids offered, the newest ones."""


def complete_service(context: typer.Context, incomplete: str) -> list[str]:
    """The services there are."""
    return _asked(context, lambda gateway: [service["name"] for service in gateway.services()])


def complete_target(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """SERVICE.TASK, with the first line of what each says of itself."""
    return _asked(
        context,
        lambda gateway: [
            (f"{service['name']}.{task['name']}", _first_line(task["description"] or ""))
            for service in gateway.services()
            for task in service["tasks"]
        ],
    )


def complete_argument(context: typer.Context, incomplete: str) -> list[str]:
    """NAME= for each parameter of the task that was named before."""
    service, _, task = str(context.params.get("target") or "").rpartition(".")
    return _asked(
        context,
        lambda gateway: [f"{one.name}=" for one in gateway.schema(service, task).parameters],
    )


def complete_task_id(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The newest tasks, with what they are and how they stand."""
    from taskyard.cli._views import called

    return _asked(
        context,
        lambda gateway: [
            (task["id"], f"{called(task)} {task['phase']}") for task in gateway.tasks([], _SHOWN)
        ],
    )


def _first_line(text: str) -> str:
    return in_a_line(text.partition("\n")[0])


def _asked(context: typer.Context, question: "Callable[[Gateway], list[T]]") -> list[T]:
    """What the gateway answers that the line so far means. A shell that completes shows no errors."""
    from taskyard.cli._at_gateway import open_gateway

    where = [context.params.get(name) for name in ("url", "namespace", "token_file")]
    try:
        with open_gateway(context, *where) as gateway:
            return question(gateway)
    except Exception:
        return []
