"""Creating a run exactly once, though the API server's answer may be lost.

The gateway chooses the name, so asking again under the same name cannot make a second run: "exists
already" then means that the first request did reach its end.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.keys import input_key
from taskyard_operator.gateway.errors import OutcomeUnknown
from taskyard_operator.ports import (
    Conflict,
    Key,
    ObjectStore,
    PortError,
    RunStore,
    Unanswered,
    Unavailable,
)

_PAUSES = (0.2, 1.0)
"""Seconds before the second and the third request."""


async def create_once(runs: RunStore, run: TaskRun) -> TaskRun:
    """Create `run`, asking again for as long as it is not known whether that was done.

    Raises:
        OutcomeUnknown: it still is not known; the run may exist.
        PortError: it was not created.
    """
    try:
        return await runs.create(run)
    except Unanswered:
        pass
    for pause in _PAUSES:
        await asyncio.sleep(pause)
        try:
            return await runs.create(run)
        except Conflict:
            with suppress(Unavailable):
                return await runs.run(*Key.of(run))  # It is there, since we asked for it.
        except Unavailable:
            continue
    name = run.metadata.name
    raise OutcomeUnknown(
        f"The API server did not answer, and may have accepted the task as {name}: "
        "ask for its status before submitting again.",
        task_id=name,
    )


async def create_with_input(runs: RunStore, objects: ObjectStore, run: TaskRun) -> TaskRun:
    """Create a run as `create_once` does; one that was not created leaves no input behind."""
    async with unless_made(objects, run):
        return await create_once(runs, run)


@asynccontextmanager
async def unless_made(objects: ObjectStore, run: TaskRun) -> AsyncIterator[None]:
    """Drop the input of a run where an error says that there will be none."""
    try:
        yield
    except OutcomeUnknown:
        raise  # The run may exist, and then it needs its input.
    except Exception:
        await drop_input(objects, run)
        raise


async def drop_input(objects: ObjectStore, run: TaskRun) -> None:
    """Remove what was stored as the input of a run that is not to be; one that is lent is its lender's."""
    stored = run.spec.input.object
    if stored and stored.key == input_key(*Key.of(run)):
        with suppress(PortError):  # what kept the run from being made is the one to tell
            await objects.delete(stored.key)
