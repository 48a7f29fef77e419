"""Shares one running cluster between test sessions, and between them and a person.

There is room for one cluster on a machine. What was up before any session came stays up; what a
session started goes away with the last session that uses it, whichever that is.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Generic, TypeVar

from .layout import cache_dir, state_dir
from .locks import alone

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """A part of the cluster that a session may start and take away by itself."""

    name: str
    running: Callable[[], bool]
    up: Callable[[], T]
    down: Callable[[], None]


@contextmanager
def use(part: Part[T]) -> Iterator[T]:
    """Have the part up for as long as the context lasts."""
    with _users_of(part.name).open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _up(part)
        finally:
            if _is_last(users) and _mark(part.name).exists():
                _mark(part.name).unlink()
                part.down()


def _up(part: Part[T]) -> T:
    with alone("session"):  # else two could both find that it runs because of the other
        ours = _mark(part.name).exists() or not part.running()
        result = part.up()
        if ours:
            _mark(part.name).parent.mkdir(parents=True, exist_ok=True)
            _mark(part.name).touch()
        return result


def keep_up() -> None:
    """Let nothing be taken away by sessions: somebody has asked for a cluster by hand."""
    for mark in _marks().glob("*"):
        mark.unlink(missing_ok=True)


def _is_last(users: IO[str]) -> bool:
    """Give up this session's share, and take the whole if no other session holds one."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _users_of(name: str) -> Path:
    folder = cache_dir() / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _mark(name: str) -> Path:
    """There while the part is up only because a session started it."""
    return _marks() / name


def _marks() -> Path:
    return state_dir() / "started-by-sessions"
