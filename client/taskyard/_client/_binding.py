"""Which argument is which: binds a call to a task as Python binds one to a function."""

from collections.abc import Mapping, Sequence
from typing import Any

from taskyard._client._schema import TaskSchema


def bind(task: TaskSchema, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name; what was not given is left to the task's own defaults.

    Raises:
        TypeError: arguments are missing, unknown, too many or given twice; the message names them
            all and shows the signature.
    """
    names = [parameter.name for parameter in task.parameters]
    bound = dict(zip(names, args, strict=False)) | dict(kwargs)
    missing = [p.name for p in task.parameters if p.required and p.name not in bound]
    unknown = [] if task.takes_more else [name for name in kwargs if name not in names]
    doubled = [name for name in names[: len(args)] if name in kwargs]
    complaints = [
        f"{len(args)} positional arguments for {len(names)}" if len(args) > len(names) else "",
        f"missing {_listed(missing)}" if missing else "",
        f"unknown {_listed(unknown)}" if unknown else "",
        f"given twice: {_listed(doubled)}" if doubled else "",
    ]
    said = "; ".join(filter(None, complaints))
    if said:
        raise TypeError(f"{task.name}(): {said}. Its signature is {task.signature}")
    return bound


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
