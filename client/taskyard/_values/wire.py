"""What the kinds of values exchange with the runner: arguments as they came, results as they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class JsonValue:
    """An argument from a JSON body."""

    value: Any


@dataclass(frozen=True, slots=True)
class TextPart:
    """An argument from a part of a multipart body that has no file name."""

    text: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """An argument from a part with a file name; its content lies at `path`, under that name."""

    path: Path


Part = JsonValue | TextPart | FilePart
Parts = Sequence[Part]
"""What was given for one argument: more than one part where a multipart body repeats a field."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A result ready to be stored: bytes, or the path of a file that holds them.

    `status_code` and `headers` are those to answer with, where a task sets its own.
    """

    content: bytes | Path
    content_type: str
    file_name: str | None = None
    status_code: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an input: `loc` leads to the value, from the argument's name on."""

    loc: tuple[str | int, ...]
    msg: str

    def __str__(self) -> str:
        where = ".".join(map(str, self.loc))
        return f"{where}: {self.msg}" if where else self.msg


class InvalidInput(ValueError):
    """The arguments do not fit the task's signature."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, problems)))


class InvalidResult(TypeError):
    """What the task returned does not fit its return annotation; the message is a sentence."""


class UnsupportedAnnotation(TypeError):
    """An annotation that no kind of value stands for; the message says what to use."""
