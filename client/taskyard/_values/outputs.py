"""Outputs: values that a task gives away before its end, by `emit` or by `yield`."""

import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from typing import Annotated, Any, Self, get_args, get_origin

from pydantic_core import PydanticSerializationError, from_json, to_json

from taskyard._values.kinds import ResultKind, kind_of, result_kind
from taskyard._values.tables import to_plain
from taskyard._values.wire import Encoded, InvalidResult, UnsupportedAnnotation

_JSON = "application/json"
_SYNC = (Iterator, Iterable, Generator)
_ASYNC = (AsyncIterator, AsyncIterable, AsyncGenerator)


class Yields:
    """What a task yields, where it is a generator.

    Args:
        kind: of each value; None where nothing is said of it.
        returned: the annotation of what the generator returns in the end, which is the result.
    """

    def __init__(self, kind: ResultKind | None, returned: Any) -> None:
        self._kind = kind
        self.returned = returned

    @classmethod
    def of(cls, function: Callable[..., Any], annotation: Any) -> Self | None:
        """What a function with this return annotation yields; None where it is no generator.

        Raises:
            UnsupportedAnnotation: it is annotated as something else, or what it yields cannot travel.
        """
        if inspect.isgeneratorfunction(function):
            known: tuple[Any, ...] = _SYNC
        elif inspect.isasyncgenfunction(function):
            known = _ASYNC
        else:
            return None
        bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
        origin, inner = get_origin(bare) or bare, get_args(bare)
        if origin is Any:
            return cls(None, Any if known is _SYNC else None)
        if origin not in known:
            names = " or ".join(f"{kind.__name__}[…]" for kind in (known[0], known[2]))
            raise UnsupportedAnnotation(
                f"it yields, and its return annotation says {annotation}: annotate it with "
                f"{names} of what it yields"
            )
        return cls(
            result_kind(inner[0]) if inner and inner[0] is not Any else None,
            inner[2] if origin is Generator and len(inner) > 2 else None,
        )

    def schema(self) -> dict[str, Any]:
        """The JSON schema of each value."""
        return self._kind.schema() if self._kind else {}

    def encode(self, value: Any) -> Encoded:
        """A value ready to be given away.

        Raises:
            InvalidResult: it does not fit the annotation, or cannot travel.
        """
        return _readable(self._kind, value) if self._kind else encode_output(value)


def encode_output(value: Any) -> Encoded:
    """A value of which no annotation tells, ready to be given away.

    Raises:
        InvalidResult: it cannot travel.
    """
    return _readable(kind_of(value) or _AnyJson(), value)


class _AnyJson:
    """JSON, with arrays and tables anywhere in it."""

    def schema(self) -> dict[str, Any]:
        """Anything."""
        return {}

    def encode(self, value: Any) -> Encoded:
        try:
            content = to_json(value, inf_nan_mode="null", fallback=to_plain)
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            raise InvalidResult(
                f"the task returned a value that cannot be written as JSON: {error}"
            ) from None
        return Encoded(content, _JSON)


def _readable(kind: ResultKind, value: Any) -> Encoded:
    """The value as its kind has it, if readers of outputs can read that."""
    try:
        encoded = kind.encode(value)
    except InvalidResult as error:
        # The kinds speak of results, and this is none.
        raise InvalidResult(str(error).replace("the task returned", "the task gave away")) from None
    if encoded.content_type == _JSON and isinstance(encoded.content, bytes):
        try:
            from_json(encoded.content)
        except ValueError as error:  # nested deeper than they follow
            raise InvalidResult(f"the task gave away what nobody can read: {error}") from None
    return encoded
