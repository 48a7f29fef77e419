"""GPUs that tasks hold: those that their services ask for, from when a node has taken their pod."""

from collections.abc import Iterable, Mapping

from taskyard.api.reasons import Phase
from taskyard.cli._output import Document

Gpus = Mapping[str, int]
"""How many each attempt of a service gets, by the service's name."""


def gpus_of(services: Iterable[Document]) -> Gpus:
    """How many each attempt gets; an older gateway does not tell, which counts as none."""
    return {one["name"]: (one.get("gpu") or {}).get("count", 0) for one in services}


def held(task: Document, gpus: Gpus) -> int:
    """How many a task holds, as far as its status tells: while it runs, and while it is started on a node."""
    return gpus.get(task["service"], 0) if _has_node(task) else 0


def _has_node(task: Document) -> bool:
    if task["phase"] == Phase.STARTING:
        return any(attempt["node"] and not attempt["finishedAt"] for attempt in task["attempts"])
    return bool(task["phase"] == Phase.RUNNING)


def gpus_in_words(tasks: Iterable[Document], gpus: Gpus, there: int | None) -> str:
    """How many these tasks hold, such as `2 of 4 GPUs held`; empty where no service asks for any.

    `there` is how many there are, None where nobody knows.
    """
    if not any(gpus.values()):
        return ""
    of = "" if there is None else f" of {there}"
    return f"{sum(held(task, gpus) for task in tasks)}{of} GPUs held"
