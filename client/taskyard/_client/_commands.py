"""What a conversation can ask of the client that carries it out."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from taskyard._client._outcomes import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send `request`; give up after `within` seconds, or the client's own limit if that is less.

    Answered with an `Outcome`.
    """

    request: Request
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for `seconds`. Answered with nothing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Do something that may take a while, such as encoding pictures. Answered with what it returns.

    One at a time: several calls may be given the same picture, which is not made for several threads.
    """

    do: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Open:
    """Send `request`, and leave the body of a success to be read in pieces, one answer at a time.

    Answered with an `Outcome`: the body of an error is in it as a whole.
    """

    request: Request


@dataclass(frozen=True, slots=True)
class Read:
    """The next piece of what is open. Answered with bytes, with None at the end, or a `Failure`."""


@dataclass(frozen=True, slots=True)
class Tell(Generic[T]):
    """Hand `item` to the caller, who may take his time. Answered with nothing."""

    item: T


@dataclass(frozen=True, slots=True)
class Together:
    """Hold several conversations at the same time, some `AT_ONCE` of them.

    Answered with a list: for each its answer, or the exception that ended it.
    """

    flows: Sequence["Flow[Any]"]


AT_ONCE = 8
"""Conversations that `Together` holds at the same time: enough to hide the way there and back."""

Flow = Generator[Send | Pause | Work | Together, Any, T]
"""A conversation that ends with one answer."""

Telling = Generator[Send | Pause | Work | Together | Open | Read | Tell[T], Any, None]
"""A conversation that tells one thing after another."""
