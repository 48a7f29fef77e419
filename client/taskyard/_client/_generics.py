"""The type variables of the clients: what a task takes, and what it returns."""

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from typing import Any, Concatenate

# Not from typing: there they have no defaults before Python 3.13. Pydantic brings it along.
from typing_extensions import ParamSpec, TypeVar

P = ParamSpec("P", default=...)
R = TypeVar("R", covariant=True, default=Any)
T = TypeVar("T", default=Any)

Method = Callable[Concatenate[Any, P], T]
"""A method of a service class, as it is found at the class."""
AsyncMethod = Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]
GeneratorMethod = Callable[Concatenate[Any, P], Generator[Any, Any, T]]
"""One that yields outputs, and returns its result in the end."""
IteratorMethod = Callable[Concatenate[Any, P], Iterator[Any] | AsyncIterator[Any]]
"""One that yields outputs, and whose result is None."""
