"""Options that belong together: declared once as a dataclass, whose fields are the options.

A command that takes them has one parameter of that class, and gets an object of it.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any

Groups = Mapping[str, type]
"""The classes by the names of the parameters."""


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes groups, as one that typer can call."""
    own = inspect.signature(command, eval_str=True).parameters.values()
    groups = groups_in(own)

    @wraps(command)
    def called(**given: Any) -> None:
        command(**gathered(groups, given))

    return signed(called, spread(own))


def signed(
    command: Callable[..., None], parameters: Iterable[inspect.Parameter]
) -> Callable[..., None]:
    """The same command for typer, which reads the options of a command from its signature."""
    signature = inspect.Signature(list(parameters))
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {name: p.annotation for name, p in signature.parameters.items()}
    return command


def groups_in(parameters: Iterable[inspect.Parameter]) -> Groups:
    """Which of the parameters of a command are groups."""
    return {each.name: each.annotation for each in parameters if _is_group(each.annotation)}


def spread(parameters: Iterable[inspect.Parameter]) -> Iterator[inspect.Parameter]:
    """The parameters, and in place of each group the options that are its fields."""
    for each in parameters:
        if _is_group(each.annotation):
            yield from map(_by_name, inspect.signature(each.annotation).parameters.values())
        else:
            yield _by_name(each)


def gathered(groups: Groups, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a command is to be called with, of what was given for each option by its name."""
    left = dict(given)
    made = {
        name: group(**{field.name: left.pop(field.name) for field in fields(group)})
        for name, group in groups.items()
    }
    return left | made


def _by_name(parameter: inspect.Parameter) -> inspect.Parameter:
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and is_dataclass(annotation)
