"""Runs an `async def` task, also one that yields, and cancels it the way asyncio does."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from typing import Any

from taskyard._current_task import TaskCancelled
from taskyard_runtime.execution import Stop
from taskyard_runtime.generators import Give


def run(coroutine: Coroutine[Any, Any, Any], stop: Stop) -> Any:
    """What the coroutine returns.

    Raises:
        TaskCancelled: the coroutine let its cancellation go on.
    """
    return asyncio.run(cancellable(coroutine, stop))


async def cancellable(coroutine: Coroutine[Any, Any, Any], stop: Stop) -> Any:
    """What the coroutine returns, in a loop of any runner; raises as `run` does."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(coroutine)

    def on_signal() -> None:
        stop.deliver()
        task.cancel()

    # In place of the handler that raises: an exception in the midst of the event loop breaks it.
    loop.add_signal_handler(signal.SIGTERM, on_signal)
    try:
        return await task
    except asyncio.CancelledError:
        if stop.delivered:
            raise TaskCancelled from None
        raise
    finally:
        # Asyncio leaves the default behind, which ends the process.
        loop.remove_signal_handler(signal.SIGTERM)
        stop.install()


async def drained(generator: AsyncGenerator[Any, None], give: Give) -> None:
    """Give away all that an async generator yields, which returns nothing."""
    step: Callable[[], Any] = partial(anext, generator)
    try:
        while True:
            try:
                value = await step()
            except StopAsyncIteration:
                return
            step = partial(anext, generator)
            try:
                give(value)
                # One that never waits would else never hear of its cancellation.
                await asyncio.sleep(0)
            except BaseException as error:
                step = partial(generator.athrow, error)
    finally:
        await generator.aclose()
