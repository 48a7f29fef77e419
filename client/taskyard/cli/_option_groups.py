"""Options that belong together: declared once as a dataclass, whose fields are the options.

A command that takes them has one parameter of that class, and gets an object of it.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

Groups = Mapping[str, type]
"""The classes by the names of the parameters."""


def groups_in(parameters: Iterable[inspect.Parameter]) -> Groups:
    """Which of the parameters of a command are groups."""
    return {each.name: each.annotation for each in parameters if _is_group(each.annotation)}


def spread(parameters: Iterable[inspect.Parameter]) -> Iterator[inspect.Parameter]:
    """The parameters, and in place of each group the options that are its fields."""
    for each in parameters:
        if _is_group(each.annotation):
            yield from inspect.signature(each.annotation).parameters.values()
        else:
            yield each


def gathered(groups: Groups, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a command is to be called with, of what was given for each option by its name."""
    left = dict(given)
    made = {
        name: group(**{field.name: left.pop(field.name) for field in fields(group)})
        for name, group in groups.items()
    }
    return left | made


def _is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and is_dataclass(annotation)
