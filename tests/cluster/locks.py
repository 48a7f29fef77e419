"""Keeps two processes from doing the same work at the same time, such as `make demo` and a test."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .layout import cache_dir


@contextmanager
def alone(work: str) -> Iterator[None]:
    """Wait until no other process is at this work, and keep the others waiting meanwhile; who waits says so."""
    lock = cache_dir() / f"{work}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:  # a lock ends with its process, however that ends
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                f"waiting for another process to be done with: {work}", file=sys.stderr, flush=True
            )
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
