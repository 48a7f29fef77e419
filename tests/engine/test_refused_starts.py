"""A start that is refused is tried again, and never at the cost of a deadline."""

from datetime import UTC, datetime

import pytest

from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskInput, TaskRun, TaskRunSpec
from taskyard.api.taskservice import Deadlines, Task, TaskService, TaskServiceSpec
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import (
    AdmissionWebhookUnavailable,
    Conflict,
    Key,
    NotPermitted,
    OverQuota,
    PortError,
    Rejected,
)

from .world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns, running, until

KEY = Key("n", "r")
SERVICE = TaskService(
    metadata=Metadata(name="s", namespace="n"),
    spec=TaskServiceSpec(image="i", entrypoint="m:C", tasks=[Task(name="t")]),
)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Rejected("this will never do"), "ServiceInvalid"),
        (OverQuota("this will not do now"), "WaitingForQuota"),
        (NotPermitted("this is for others to do"), "ServiceInvalid"),
        (Conflict("something is in the way"), "ContainerCreating"),
        (AdmissionWebhookUnavailable("a webhook is away"), "ContainerCreating"),
    ],
)
async def test_the_queue_deadline_of_a_run_whose_start_is_refused_is_kept_to_the_second(
    refusal: PortError, said: str
) -> None:
    created = datetime.now(UTC)
    spec = TaskRunSpec(
        service="s", task="t", input=TaskInput(inline={}), deadlines=Deadlines(queue=1)
    )
    run = TaskRun(
        metadata=Metadata(name="r", namespace="n", uid="u", creation_timestamp=created), spec=spec
    )
    calls = Calls()
    calls.broken["start"] = refusal
    runs = MemoryRuns(calls, run)
    runs.of_service[Key.of(SERVICE)] = SERVICE
    settings = EngineSettings(workers=1, resync_seconds=300)
    engine = Engine(runs, MemoryLauncher(calls), MemoryObjects(calls), settings)
    # As after many failures: the next try would come in half a minute or more.
    for _ in range(20):
        engine.queue.retry(KEY)

    async with running(engine):
        await until(lambda: runs.by_key[KEY].status.terminal, 5)

    ended = runs.by_key[KEY].status
    assert calls.count["start"] == 1
    assert ended.phase == Phase.FAILED
    assert [status.reason for status in runs.written] == [said, "QueueDeadlineExceeded"]
    assert str(refusal) in (ended.message or "")
