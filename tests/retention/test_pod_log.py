"""The end of a pod's log is put to what its runner had stored, in a real store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from taskyard.api.reasons import Phase, Reason
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt, Ending
from taskyard_operator.engine.pod_log import PodLogs
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.objects.store import BucketStore
from tests.core.builders import a_run, an_attempt
from tests.engine.world import Calls, MemoryLauncher

LOG = "team/call-7/1/log"
LINES = b"".join(b"step %d of many\n" % number for number in range(700_000))
KILLED = Ending(Phase.FAILED, Reason.OUT_OF_MEMORY, "too much", 137, log_of="task")


class Kubelet(MemoryLauncher):
    """Knows the last MiB of what was printed."""

    async def log(self, run: TaskRun, attempt: Attempt) -> bytes:
        return LINES[-(1024**2) :]


@pytest.mark.parametrize("lost", [0, 1, 300_000], ids="{} bytes unsaid".format)
async def test_a_long_log_that_broke_off_is_whole_again(bucket: BucketStore, lost: int) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    await bucket.put_bytes(LOG, LINES[: len(LINES) - lost])
    logs = PodLogs(Kubelet(Calls()), StoreGuard(bucket, now), now)

    attempt = await logs.saved(a_run(), an_attempt().ended(KILLED))

    assert attempt.ending
    assert attempt.ending.log_stored
    assert b"".join([chunk async for chunk in bucket.get(LOG)]) == LINES
