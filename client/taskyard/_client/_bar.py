"""Progress bars on the terminal, drawn by rich or tqdm, whichever is installed."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, Self, TypeVar

from taskyard._client._mapping import MapProgress
from taskyard._client._status import TaskStatus

Y = TypeVar("Y")
T = TypeVar("T")


class Bar(Protocol):
    """A bar, once it is drawn."""

    def show(self, done: float, text: str) -> None:
        """Draw it anew."""


Draw = Callable[[ExitStack, str, float | None], Bar]
"""Draws a bar with a name and the whole that it leads to, until the stack is left."""


def drawn_by() -> Draw | None:
    """What there is to draw with. Without rich and tqdm nothing is shown, and all else is the same."""
    try:
        import rich.progress  # noqa: F401
    except ImportError:
        pass
    else:
        return _RichBar
    try:
        import tqdm  # noqa: F401
    except ImportError:
        return None
    return _TqdmBar


class Shown:
    """Shows how far something is, for as long as it is entered, and passes it on."""

    def __init__(self, name: str, total: float | None) -> None:
        self._name, self._total = name, total
        self._stack = ExitStack()
        self._bar: Bar | None = None

    def show(self, done: float, text: str) -> None:
        """Draw it anew, if it is drawn at all."""
        if self._bar:
            self._bar.show(done, text)

    def __enter__(self) -> Self:
        draw = drawn_by()
        if draw:
            self._bar = draw(self._stack, self._name, self._total)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class TaskBar(Shown):
    """The bar of one task: what it says of itself, as far as it does."""

    def __init__(self, name: str, also: Callable[[TaskStatus], object] | None) -> None:
        super().__init__(name, 1.0)
        self._also = also

    def __call__(self, status: TaskStatus) -> None:
        """Show a status."""
        progress = status.progress
        fraction = progress.fraction if progress else None
        done = 1.0 if status.value == "success" else fraction or 0.0
        said = progress.message if progress and not status.finished else ""
        self.show(done, said or status.message or status.phase or status.value)
        if self._also:
            self._also(status)


class MapBar(Shown):
    """The bar of many calls: how many have ended."""

    def __init__(
        self, name: str, total: int | None, also: Callable[[MapProgress], object] | None
    ) -> None:
        super().__init__(name, total)
        self._also = also

    def __call__(self, progress: MapProgress) -> None:
        """Show how many have ended."""
        self.show(progress.ended, f"{progress.submitted - progress.ended} under way")
        if self._also:
            self._also(progress)


def within(
    shown: AbstractContextManager[object], flow: Generator[Y, Any, T]
) -> Generator[Y, Any, T]:
    """The same conversation, held while something is shown."""
    with shown:
        return (yield from flow)


class _RichBar:
    def __init__(self, stack: ExitStack, name: str, total: float | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        text = TextColumn("{task.fields[text]}", markup=False)
        self._progress = stack.enter_context(Progress(*columns, text, console=Console(stderr=True)))
        self._task = self._progress.add_task(name, total=total, text="")

    def show(self, done: float, text: str) -> None:
        self._progress.update(self._task, completed=done, text=text)


class _TqdmBar:
    def __init__(self, stack: ExitStack, name: str, total: float | None) -> None:
        from tqdm import tqdm

        self._bar = stack.enter_context(tqdm(desc=name, total=total))

    def show(self, done: float, text: str) -> None:
        self._bar.n = done
        self._bar.set_postfix_str(text)
