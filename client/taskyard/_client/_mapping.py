"""Many calls of one task: which arguments are meant, and results in the order of the inputs."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import islice
from typing import Any

from taskyard._client._commands import Flow, Tell, Telling, Together
from taskyard._client._lookout import Lookout

_AHEAD = 10
"""So many times as many as are under way at once may be ahead of the first whose result is not told."""


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one call."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]


def call_of(given: Any) -> Call:
    """The call that one input means: a mapping holds arguments by name, a tuple arguments in order.

    Anything else is the only argument.
    """
    if isinstance(given, Mapping):
        return Call((), given)
    return Call(given if isinstance(given, tuple) else (given,), {})


def check_files(calls: Iterable[Call]) -> None:
    """Refuse a file that was opened once and is given to several calls: they would read it at the same time.

    Raises:
        TypeError: there is one; nothing was sent.
    """
    seen: set[int] = set()
    for call in calls:
        given = {id(file) for file in _open_files(call)}
        if seen & given:
            raise TypeError("an open file goes with one call only; give its path, or its bytes")
        seen |= given


def _open_files(call: Call) -> Iterator[Any]:
    for value in (*call.args, *call.kwargs.values()):
        yield from (one for one in _listed(value) if hasattr(one, "read"))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def length_of(inputs: Iterable[Any]) -> int | None:
    """How many there are, if that can be told without taking them."""
    return len(inputs) if isinstance(inputs, Sized) else None


def all_of(begun: Sequence[str | Exception]) -> list[str]:
    """The ids, if all are there; else the first exception is raised, with a note of those that are."""
    ids = [one for one in begun if isinstance(one, str)]
    for one in begun:
        if isinstance(one, Exception):
            if ids:
                one.add_note(f"{len(ids)} of {len(begun)} were submitted: {', '.join(ids)}")
            raise one
    return ids


@dataclass(frozen=True, slots=True)
class MapProgress:
    """How far a `map` has come, in inputs.

    Attributes:
        submitted: How many were submitted.
        ended: Of these, how many have ended.
    """

    submitted: int
    ended: int


@dataclass(frozen=True)
class Mapped:
    """How to carry out a `map`.

    Attributes:
        submit: Begins a task run.
        result: What a task run returned.
        lookout: Looks after those that have not ended.
        concurrency: Task runs that may be there at the same time without having ended.
        window: Inputs that may be submitted without their result having been told; None for `_AHEAD`
            times `concurrency`.
        keep_exceptions: Whether to tell an exception, and not to raise it.
        on_progress: Told whenever something was submitted, or has ended.

    Raises:
        ValueError: there is room for nothing.
    """

    submit: Callable[[Call], Flow[str]]
    result: Callable[[str], Flow[Any]]
    lookout: Lookout
    concurrency: int
    window: int | None
    keep_exceptions: bool
    on_progress: Callable[[MapProgress], object] | None

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"concurrency must be 1 or more, not {self.concurrency}")
        if self.window is not None and self.window < 1:
            raise ValueError(f"window must be 1 or more, not {self.window}")

    def results(self, inputs: Iterable[Any]) -> Telling[Any]:
        """For each input, in order, its result, or the exception that there is instead."""
        source, pending, submitted = iter(inputs), self.lookout.pending, 0
        waiting: deque[str | Exception] = deque()
        while True:
            room = min(self.concurrency - len(pending), self._most_ahead - len(waiting))
            calls = [call_of(given) for given in islice(source, room)]
            check_files(calls)
            begun: list[str | Exception] = yield Together([self.submit(call) for call in calls])
            waiting.extend(begun)
            pending.extend(one for one in begun if isinstance(one, str))
            submitted += len(begun)
            self._tell_progress(submitted)
            still, told = set(pending), False
            while waiting and waiting[0] not in still:
                yield Tell((yield from self._told(waiting.popleft())))
                told = True
            if calls or told:
                continue  # There may be room for more.
            if not pending:
                return
            yield from self.lookout.look()

    @property
    def _most_ahead(self) -> int:
        return self.concurrency * _AHEAD if self.window is None else self.window

    def _told(self, one: str | Exception) -> Flow[Any]:
        result = one
        if isinstance(one, str):
            [result] = yield Together([self.result(one)])
        if isinstance(result, Exception) and not self.keep_exceptions:
            raise result
        return result

    def _tell_progress(self, submitted: int) -> None:
        if self.on_progress:
            self.on_progress(MapProgress(submitted, submitted - len(self.lookout.pending)))
