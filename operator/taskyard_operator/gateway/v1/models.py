"""The documents of /v1 as its OpenAPI document describes them; what is sent is made in `core/document.py`.

They may get more keys in later versions.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import Progress
from taskyard.api.taskservice import Deadlines, Gpu


class _Document(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Timings(_Document):
    """Seconds in each stage; null where it has not ended, or nobody saw when."""

    queued_seconds: float | None
    start_seconds: float | None
    run_seconds: float | None


class AttemptDocument(_Document):
    """One attempt; its reason says why it has ended without a result."""

    number: int
    reason: str | None
    message: str | None
    exit_code: int | None
    error_type: str | None
    node: str | None
    admitted_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    log_stored: bool


class ResultDocument(_Document):
    """What the result is; the result itself is at `/v1/tasks/{id}/result`."""

    size: int
    sha256: str
    content_type: str
    status_code: int
    file_name: str | None


class DeliveryDocument(_Document):
    """A phase to tell, reached at `since`: delivered, given up, or tried again, until `until` at the latest."""

    phase: Phase
    since: datetime
    until: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    message: str | None


class CallbackDocument(_Document):
    """Who is told of the task; `states` is null for its end, and where the service asks for it."""

    url: str
    states: list[Phase] | None
    deliveries: list[DeliveryDocument]


class TaskDocument(_Document):
    """All that is known of a task. Every key is always there."""

    id: str
    service: str
    task: str
    phase: Phase
    reason: str | None
    message: str | None
    labels: dict[str, str]
    priority: int | None
    deadlines: Deadlines | None
    retry_of: str | None
    cancel_requested: bool
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    position: int | None
    progress: Progress | None
    attempt: int | None
    attempts: list[AttemptDocument]
    timings: Timings
    result: ResultDocument | None
    resources_released: bool
    callback: CallbackDocument | None


class TaskList(_Document):
    """A page of tasks; `next` is the cursor of the next one, and null where there is none."""

    items: list[TaskDocument]
    next: str | None


class CancelledTasks(_Document):
    """The tasks that were asked to end, and whether there are more that the filter picks."""

    cancelled: int
    ids: list[str]
    more: bool


class ServerDocument(_Document):
    """What answers: its version, and the GPUs that its tasks may use, null where a cluster has them."""

    version: str
    gpus: int | None


class ServiceTask(_Document):
    """One task of a service."""

    name: str
    route: str
    description: str | None


class ServiceDocument(_Document):
    """A service; one that is suspended takes tasks, and lets them wait. `gpu` is what each attempt gets."""

    name: str
    ready: bool
    suspended: bool
    gpu: Gpu | None
    tasks: list[ServiceTask]


class ServiceList(_Document):
    """All services, by name."""

    items: list[ServiceDocument]


class ServiceTaskSchemas(ServiceTask):
    """One task of a service, with the JSON schemas of what it takes and gives."""

    input: dict[str, Any]
    output: dict[str, Any] | None


class ServiceSchemas(ServiceDocument):
    """A service, with what its tasks take and give."""

    tasks: list[ServiceTaskSchemas]  # type: ignore[assignment]  # only ever read


class Output(_Document):
    """A value that a task gave away before its end: `value` where it is JSON, else `base64`."""

    attempt: int
    index: int
    at: datetime
    content_type: str
    value: Any = None
    base64: str | None = None


class Outputs(_Document):
    """What one attempt gave away, in order."""

    items: list[Output]


class FaultDocument(_Document):
    """One thing that is wrong: where (a field or parameter, then the place in it), and how to mend it."""

    loc: list[str | int]
    msg: str


class ErrorDetails(_Document):
    """What went wrong: `reason` for programs, `message` for people."""

    reason: str
    message: str
    detail: list[FaultDocument]
    request_id: str
    task_id: str | None = None
    phase: Phase | None = None


class ErrorDocument(_Document):
    """The body of every answer of 400 and above."""

    error: ErrorDetails


class UnknownTask(_Document):
    """A task that is waited for in vain: there never was one of that id, or nothing is left of it."""

    id: str
    error: ErrorDetails


class WaitedTasks(_Document):
    """What has become of the tasks that were waited for; each is in one of the lists."""

    ended: list[TaskDocument]
    pending: list[str]
    unknown: list[UnknownTask]
