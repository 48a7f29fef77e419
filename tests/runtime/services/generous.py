"""A service whose tasks give values away before their end."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import PIL.Image
from PIL.Image import Image

import taskyard


def emit(value: Any) -> None:
    taskyard.current_task().emit(value)


@taskyard.service
class Generous:
    @taskyard.task
    def write(self, words: list[str]) -> Generator[str, None, int]:
        yield from words
        return len(words)

    @taskyard.task
    async def write_later(self, words: list[str]) -> AsyncIterator[str]:
        for word in words:
            await asyncio.sleep(0)
            yield word

    @taskyard.task
    def paint(self, widths: list[int]) -> Iterator[Image]:
        for width in widths:
            yield PIL.Image.new("RGB", (width, 2), "red")

    @taskyard.task
    def give_all_kinds(self) -> str:
        path = Path(mkdtemp(), "plan.csv")
        path.write_text("a,b\n")
        for value in ({"step": 1}, "text", b"\x00\xff", path, None):
            emit(value)
        return "done"

    @taskyard.task
    def give_from_threads(self, number: int) -> str:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(emit, range(number)))
        return "done"

    @taskyard.task
    def give_and_wait(self, word: str) -> str:
        emit(word)
        print("waiting", flush=True)
        time.sleep(600)
        return "never"

    @taskyard.task
    def give_slowly(self, number: int) -> Iterator[int]:
        for each in range(number):
            yield each
            time.sleep(0.1)

    @taskyard.task
    def give_and_die(self) -> str:
        emit("last words")
        os.kill(os.getpid(), signal.SIGKILL)
        return "never"

    @taskyard.task
    def give_and_fail(self) -> Iterator[str]:
        yield "last words"
        raise ValueError("that was all")

    @taskyard.task
    def give_too_much(self, sizes: list[int]) -> list[str]:
        """Goes on after each that is refused, and says why it was."""
        refused = []
        for size in sizes:
            try:
                emit("x" * size)
            except ValueError as error:
                refused.append(str(error))
        return refused

    @taskyard.task
    def yield_what_does_not_fit(self) -> Generator[int, None, str]:
        yield 1
        try:
            yield "two"  # type: ignore[misc]
        except TypeError as error:
            yield 3
            return str(error)
        return "never"

    @taskyard.task
    def give_from_a_fork(self) -> int:
        child = multiprocessing.get_context("fork").Process(target=emit, args=("from a child",))
        child.start()
        child.join()
        emit("from the task")
        return child.exitcode or 0

    @taskyard.task
    def yield_until_cancelled(self) -> Iterator[str]:
        try:
            yield "first"
            print("waiting", flush=True)
            while True:
                yield "more"
        except taskyard.TaskCancelled:
            yield "last"
            raise
        finally:
            print("put away")

    @taskyard.task
    async def yield_until_cancelled_later(self) -> AsyncIterator[str]:
        try:
            yield "first"
            print("waiting", flush=True)
            while True:
                yield "more"
        except asyncio.CancelledError:
            yield "last"
            raise
        finally:
            print("put away")

    @taskyard.task
    def list_lazily(self, number: int) -> list[int]:
        """No generator itself, though what it returns is one."""
        return (each for each in range(number))  # type: ignore[return-value]
