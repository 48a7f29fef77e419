"""The tests of one back end, all at the same time: a pod takes seconds, and most of a test is waiting."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conformance.backends import Backend

AT_ONCE = 8
"""Tests that run at the same time: with more of them pods would start too late to be timed."""


class Column:
    """Runs tests in threads, in the order they were collected; each is told of when its turn has come.

    A test gets the back end and its own parameters, and no other fixture.
    """

    def __init__(self, backend: Backend, tests: Sequence[pytest.Function]) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=backend.name)
        self._tests = {test.nodeid: self._begun(test, backend) for test in tests}

    def outcome(self, test: pytest.Function) -> None:
        """Wait until the test is over; raises what it has raised."""
        self._tests[test.nodeid].result()

    def close(self) -> None:
        """Begin no further tests."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begun(self, test: pytest.Function, backend: Backend) -> Future[None]:
        given = test.callspec.params | {"backend": backend}
        wanted = inspect.signature(test.obj).parameters
        return self._pool.submit(test.obj, **{name: given[name] for name in wanted})
