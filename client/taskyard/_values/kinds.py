"""Which kind of value an annotation means: `KINDS` has a row for each that does not travel as plain JSON.

A new kind is a class like those in `files` and `tables`, and a row here.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Protocol, Union, get_args, get_origin

from taskyard._values.files import Bytes, FileKind, ListOf, file_kind
from taskyard._values.images import Picture
from taskyard._values.tables import array_kind, frame_kind
from taskyard._values.texts import Nothing, Text
from taskyard._values.wire import Encoded, UnsupportedAnnotation


class ResultKind(Protocol):
    """A kind of result, and of outputs."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema that stands for a value of this kind."""
        ...

    def encode(self, value: Any) -> Encoded:
        """The result ready to be stored; raises InvalidResult where it is of another kind."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of value.

    Attributes:
        annotation: as people write it.
        of: the kind that a type means, with what `Annotated` says beside it; None for another type. It
            is a FileKind where the row is for arguments, and a ResultKind where it is not.
        argument: how an argument comes, in words; None where it comes as JSON.
        result: how a result or an output goes, in words.
        listed: whether a parameter may be a list of them.
    """

    annotation: str
    of: Callable[[Any, Sequence[Any]], Any]
    argument: str | None
    result: str
    listed: bool = False


def _only(wanted: type, kind: type) -> Callable[[Any, Sequence[Any]], Any]:
    return lambda bare, metadata: kind() if bare is wanted else None


def _picture(bare: Any, metadata: Sequence[Any]) -> Picture | None:
    # Whoever could write the annotation has imported Pillow. The module itself is taken too: with
    # `from PIL import Image` it is what people write by mistake for the class of the same name.
    module = sys.modules.get("PIL.Image")
    return Picture() if module is not None and (bare is module or bare is module.Image) else None


KINDS = (
    Row("str", _only(str, Text), None, "the text itself, `text/plain`"),
    Row("None", _only(NoneType, Nothing), None, "`null`"),
    Row(
        "bytes",
        _only(bytes, Bytes),
        "a file part, or a string that stands for its UTF-8",
        "the bytes, `application/octet-stream`",
    ),
    Row(
        "pathlib.Path",
        file_kind,
        "a file part, which lies there under its name",
        "the file, with its name, and the content type that this tells",
        listed=True,
    ),
    Row(
        "PIL.Image.Image",
        _picture,
        "a file part in any format that Pillow reads",
        "the picture in the format it came in; PNG where it was made or changed",
        listed=True,
    ),
    Row(
        "numpy.ndarray",
        array_kind,
        "nested lists, made into the type and shape that are annotated",
        "nested lists; NaN is `null`",
    ),
    Row(
        "pandas.DataFrame",
        frame_kind,
        "a list of objects, one for each row; or, where it says so, an object of columns",
        "the same, without the index; what is missing is `null`",
    ),
)


def argument_kind(annotation: Any) -> FileKind | None:
    """The kind of file or table that a parameter of this annotation takes; None where it takes JSON.

    `Optional` of a file counts as the file: whether it may be absent is for the default to say.
    """
    bare = _bare(annotation)
    if get_origin(bare) in (Union, UnionType):
        inner = [argument for argument in get_args(bare) if argument is not NoneType]
        return argument_kind(inner[0]) if len(inner) == 1 else None
    kind: FileKind | None
    if get_origin(bare) is list:
        row, kind = _found(get_args(bare)[0])
        return ListOf(kind) if kind and row and row.listed else None
    row, kind = _found(annotation)
    return kind if row and row.argument else None


def result_kind(annotation: Any) -> ResultKind:
    """The kind of result that a return annotation means.

    Raises:
        UnsupportedAnnotation: it means none; the message says what to use.
    """
    kind: ResultKind | None
    _, kind = _found(annotation)
    if kind is not None:
        return kind
    if argument_kind(annotation) is not None:
        raise UnsupportedAnnotation(
            f"the return value is annotated with {annotation}: a task returns exactly one file; "
            "for more, return the pathlib.Path of an archive"
        )
    # Not at the top: pydantic is what this module's importers hope not to need.
    from taskyard._values.json_values import JsonResult

    return JsonResult(annotation)


def kind_of(value: Any) -> ResultKind | None:
    """The kind of a value of which no annotation tells; None where it is JSON."""
    if isinstance(value, bytearray | memoryview):
        return Bytes()
    found = (kind for base in type(value).__mro__ if (kind := _found(base)[1]))
    return next(found, None)


def _found(annotation: Any) -> tuple[Row | None, Any]:
    """The row for an annotation, and the kind that it means."""
    bare, metadata = _bare(annotation), _metadata(annotation)
    bare = NoneType if bare is None else bare
    return next(((row, kind) for row in KINDS if (kind := row.of(bare, metadata))), (None, None))


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
