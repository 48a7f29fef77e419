"""The arguments of a task from words of the command line: `prompt="a hill" image=@cat.png seed=7`."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from taskyard._client._schema import Schema, TaskSchema, branches_of, holds_files
from taskyard.cli._exits import WrongCall

_FORM = "give each as name=value, name=@file, or name=@- for standard input"


def arguments_of(task: TaskSchema, words: Sequence[str]) -> dict[str, Any]:
    """The arguments by name, as the client takes them: files are paths, or standard input.

    A value is read by the schema of its parameter: text as it is, anything else as JSON. What begins
    with @ names a file: the file itself where the task takes one, else what is written in it. A list of
    files is given by repeating its name.

    Raises:
        WrongCall: a word does not fit; the message names the parameter.
        OSError: a file cannot be read.
    """
    schemas = {parameter.name: parameter.schema for parameter in task.parameters}
    given: dict[str, list[Any]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise WrongCall(f"{word!r} is no argument: {_FORM}")
        given.setdefault(name, []).append(_value(name, text, schemas.get(name, {})))
    return dict(_counted(given, schemas))


def _counted(given: dict[str, list[Any]], schemas: dict[str, Schema]) -> Iterator[tuple[str, Any]]:
    """Lists of files as lists, and all else once."""
    for name, values in given.items():
        if any(map(holds_files, branches_of(schemas.get(name, {})))):
            yield name, values if values != [[]] else []
        elif len(values) > 1:
            raise WrongCall(f"{name} is given {len(values)} times, and takes one value")
        else:
            yield name, values[0]


def _value(name: str, text: str, schema: Schema) -> Any:
    branches = branches_of(schema)
    if any(branch.get("type") == "file" or holds_files(branch) for branch in branches):
        return _file(name, text, may_be_empty=any(map(holds_files, branches)))
    if any(branch.get("format") == "binary" for branch in branches) and text.startswith("@"):
        return _file(name, text, may_be_empty=False)
    if text.startswith("@@"):
        text = text[1:]  # text that begins with an @
    elif text.startswith("@"):
        text = sys.stdin.read() if text == "@-" else Path(text[1:]).read_text()
    return _read(name, text, branches)


def _file(name: str, text: str, *, may_be_empty: bool) -> Any:
    if text == "@-":
        return sys.stdin.buffer
    if text.startswith("@"):
        return Path(text[1:])
    if may_be_empty and text == "[]":
        return []
    raise WrongCall(f"{name} takes a file: {name}=@{text or 'FILE'}")


def _read(name: str, text: str, branches: Sequence[Schema]) -> Any:
    """Text where the parameter takes text, or anything that is no JSON; else JSON."""
    kinds = {branch.get("type") for branch in branches}
    if "string" in kinds:
        return text
    try:
        return json.loads(text)
    except ValueError:
        if kinds & {None}:  # the schema does not say, such as that of a choice
            return text
        wanted = " or ".join(sorted(str(kind) for kind in kinds))
        raise WrongCall(f"{name} takes JSON ({wanted}), and {text!r} is none") from None
