"""JSON bodies: read within a bound, parsed strictly, and judged fit or unfit to be kept in a TaskRun."""

import json
import math
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from taskyard.api.names import MAX_INLINE_ARGUMENTS, MAX_INLINE_BYTES
from taskyard_operator.core.input_check import inline_bytes
from taskyard_operator.gateway.errors import Fault, InvalidInput, TooLarge

_AS_A_FILE = "send large data as a file, in a field that the task annotates as Path"


async def read_bounded(body: AsyncIterator[bytes], limit: int, remedy: str = _AS_A_FILE) -> bytes:
    """The whole body, of at most `limit` bytes; `remedy` says what to do where it has more.

    Raises:
        TooLarge: it has more.
    """
    chunks, size = [], 0
    async for chunk in body:
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"The JSON body has more than {limit} bytes; {remedy}.")
        chunks.append(chunk)
    return b"".join(chunks)


def parse_object(body: bytes, max_depth: int) -> dict[str, Any]:
    """The arguments in a JSON body; an empty body is no arguments.

    Raises:
        InvalidInput: it is not JSON, or not an object; the message says where.
    """
    if not body.strip():
        return {}
    value = parse_json(body, max_depth)
    if not isinstance(value, dict):
        raise InvalidInput(
            'The body must be a JSON object of arguments by name, as in {"prompt": "…"}.'
        )
    return value


def parse_json(text: bytes, max_depth: int, field: str | None = None) -> Any:
    """Strict JSON: no NaN, no infinities, no broken text, which other JSON readers refuse or change.

    Nested no deeper than `max_depth`.

    Raises:
        InvalidInput: the text is not JSON.
    """
    loc = (field,) if field else ()
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        _refuse_unfit(value, max_depth)
    except RecursionError:
        told = f"JSON nested too deeply; at most {max_depth} levels are taken"
        raise InvalidInput.of([Fault(loc, told)]) from None
    except ValueError as error:
        raise InvalidInput.of([Fault(loc, f"not valid JSON: {_why(error)}")]) from error
    return value


def _why(error: ValueError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"the text is not UTF-8, at byte {error.start}"
        case _Unfit():
            return str(error)
        case _:  # of Python's own limit on the digits of an integer
            return "a number has too many digits"


class _Unfit(ValueError):
    """JSON to Python's parser alone."""


def _refuse_constant(name: str) -> NoReturn:
    raise _Unfit(f"{name} is not a JSON number")


def _refuse_unfit(value: Any, max_depth: int) -> None:
    """Look at all of it, level by level and not by recursion, which a deep value would break."""
    level = [value]
    for _ in range(max_depth):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
                _refuse_broken_text("".join(item))
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str):
                _refuse_broken_text(item)
            elif isinstance(item, float) and not math.isfinite(item):
                raise _Unfit("a number is too large; numbers end near 1.8e308")
        if not inner:
            return
        level = inner
    raise RecursionError


def _refuse_broken_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise _Unfit(f"{half} is half of a surrogate pair, and no text by itself") from None


def fits_inline(body: bytes, values: dict[str, Any]) -> bool:
    """Whether a TaskRun can carry these arguments without loss, and may.

    By the size that the controller will find, which is not that of the body: JSON can be written in
    more ways than one.
    """
    if len(body) > 4 * MAX_INLINE_BYTES or len(values) > MAX_INLINE_ARGUMENTS:
        return False
    return inline_bytes(values) <= MAX_INLINE_BYTES and _kept_exactly(values)


def _kept_exactly(value: Any) -> bool:
    """The API server keeps integers in 64 bits, and 1.0 as 1."""
    if isinstance(value, dict):
        return all(_kept_exactly(item) for item in value.values())
    if isinstance(value, list):
        return all(_kept_exactly(item) for item in value)
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return not isinstance(value, float) or not value.is_integer()
