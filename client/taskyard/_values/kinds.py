"""Which kind of value an annotation means."""

import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Protocol, Union, get_args, get_origin

from taskyard._values.files import Bytes, File, FileKind, ListOf, mismatch
from taskyard._values.images import Picture
from taskyard._values.tables import table_kind
from taskyard._values.wire import Encoded, InvalidResult, UnsupportedAnnotation


class ResultKind(Protocol):
    """A kind of result."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema that stands for a value of this kind."""
        ...

    def encode(self, value: Any) -> Encoded:
        """The result ready to be stored; raises InvalidResult where it is of another kind."""
        ...


class Text:
    """`str` as a result: the text itself, not JSON."""

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}

    def encode(self, value: Any) -> Encoded:
        """The text in UTF-8."""
        if not isinstance(value, str):
            raise mismatch(value, "str")
        try:
            return Encoded(value.encode(), "text/plain; charset=utf-8")
        except UnicodeEncodeError as error:
            raise InvalidResult(f"the task returned text that is not Unicode: {error}") from None


class Nothing:
    """`None` as a result."""

    def schema(self) -> dict[str, Any]:
        """The null value."""
        return {"type": "null"}

    def encode(self, value: Any) -> Encoded:
        """JSON's null."""
        if value is not None:
            raise mismatch(value, "None")
        return Encoded(b"null", "application/json")


def argument_kind(annotation: Any) -> FileKind | None:
    """The kind of file or table that a parameter of this annotation takes; None where it takes JSON.

    `Optional` of a file counts as the file: whether it may be absent is for the default to say.
    """
    bare = _bare(annotation)
    if get_origin(bare) in (Union, UnionType):
        inner = [argument for argument in get_args(bare) if argument is not NoneType]
        return argument_kind(inner[0]) if len(inner) == 1 else None
    if get_origin(bare) is list:
        item = _single_file(_bare(get_args(bare)[0]))
        return None if item is None or isinstance(item, Bytes) else ListOf(item)
    return _single_file(bare) or table_kind(bare, _metadata(annotation))


def result_kind(annotation: Any) -> ResultKind:
    """The kind of result that a return annotation means.

    Raises:
        UnsupportedAnnotation: it means none; the message says what to use.
    """
    bare = _bare(annotation)
    if bare is str:
        return Text()
    if bare is None or bare is NoneType:
        return Nothing()
    single = _single_file(bare) or table_kind(bare, _metadata(annotation))
    if single is not None:
        return single
    if argument_kind(bare) is not None:
        raise UnsupportedAnnotation(
            f"the return value is annotated with {annotation}: a task returns exactly one file; "
            "for more, return the pathlib.Path of an archive"
        )
    # Not at the top: pydantic is what this module's importers hope not to need.
    from taskyard._values.json_values import JsonResult

    return JsonResult(annotation)


def kind_of(value: Any) -> ResultKind | None:
    """The kind of a value of which no annotation tells: by its class, or a base of it; None for JSON."""
    if isinstance(value, str):
        return Text()
    if isinstance(value, bytearray | memoryview):
        return Bytes()
    return next((kind for base in type(value).__mro__ if (kind := _single_file(base))), None)


def _single_file(bare: Any) -> FileKind | None:
    if bare is bytes:
        return Bytes()
    if bare is Path:
        return File()
    return Picture() if _is_picture(bare) else None


def _is_picture(bare: Any) -> bool:
    # Whoever could write the annotation has imported Pillow. The module itself is taken too: with
    # `from PIL import Image` it is what people write by mistake for the class of the same name.
    module = sys.modules.get("PIL.Image")
    return module is not None and (bare is module or bare is module.Image)


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
