"""What a forked child must not share with its parent, such as connections and locks."""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value of each process, made when it is first asked for.

    A child that used the connections of its parent would read the parent's answers, and a lock that
    another thread held at the fork would never be opened again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[int, T] = {}

    def __call__(self) -> T:
        """The value of this process."""
        mine = os.getpid()
        if mine not in self._made:
            # Of two threads that come here at once both get the value of one.
            self._made.setdefault(mine, self._make())
        return self._made[mine]

    @property
    def made(self) -> T | None:
        """The value of this process, if there is one yet."""
        return self._made.get(os.getpid())
