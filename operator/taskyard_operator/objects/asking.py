"""Asking the object store: each request is counted, and what goes wrong is told in the words of the port."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotModifiedError,
    PreconditionError,
)

from taskyard_operator.ports import Missing, Unavailable

T = TypeVar("T")
Answered = Callable[[str, str], None]
"""Told of each request: the operation, and whether it was `done`, `missing` or `failed`."""

_ANSWERS = (AlreadyExistsError, NotModifiedError, PreconditionError)
"""Where a condition that came with a request did not hold."""


async def ask(operation: str, request: Awaitable[T], answered: Answered) -> T:
    """Await a request to the store, and tell `answered` of it.

    Raises:
        Missing: there is no such object.
        Unavailable: it was not done; a condition of it that did not hold is the cause, where there is one.
    """
    outcome = "failed"
    try:
        answer = await request
        outcome = "done"
    except FileNotFoundError as error:
        if operation == "put":
            raise Unavailable("the object store has no such bucket") from error
        outcome = "missing"
        raise Missing("there is no such object in the object store") from error
    except (TimeoutError, BaseError, OSError) as error:
        if isinstance(error, _ANSWERS):
            outcome = "done"
        # The error's own text may hold a URL with a signature, so only its kind is told.
        why = f"the object store gave no answer ({type(error).__name__})"
        raise Unavailable(why) from error
    finally:
        answered(operation, outcome)
    return answer
