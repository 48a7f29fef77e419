"""TaskRun: one call of one task, and how far it has come.

An application creates it, through the gateway or with kubectl; it can only call a task of a
TaskService that exists, so creating one runs no code of one's own.
"""

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from taskyard.api.answer_headers import MAX_HEADER_BYTES, MAX_HEADERS
from taskyard.api.callback import Callback, CallbackStatus, PhaseName
from taskyard.api.names import (
    API_VERSION,
    MAX_CONTENT_TYPE,
    MAX_INLINE_ARGUMENTS,
    MAX_RUN_NAME,
)
from taskyard.api.reasons import TERMINAL, Phase
from taskyard.api.resource import (
    KEPT_WHOLE,
    NOT_TOO_DEEP,
    OWNED_WHOLE,
    ApiModel,
    Conditions,
    Metadata,
    Time,
)
from taskyard.api.taskservice import Deadlines, TaskName

Message = Annotated[str, Field(max_length=1024)]
ObjectKey = Annotated[str, Field(min_length=1, max_length=1024)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal."""

Priority = Annotated[int, Field(ge=-1000, le=1000)]
"""Of runs that wait for a place, the higher goes first."""


class StoredObject(ApiModel):
    """An object in the store: `size` in bytes, and the digest it must have."""

    key: ObjectKey
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256
    content_type: Annotated[str, Field(max_length=MAX_CONTENT_TYPE)] = "application/json"


class TaskInput(ApiModel):
    """The arguments: `inline` by name, or a body that was stored before; exactly one of the two."""

    inline: (
        Annotated[
            dict[str, Any],
            Field(max_length=MAX_INLINE_ARGUMENTS),
            KEPT_WHOLE,
            OWNED_WHOLE,
            NOT_TOO_DEEP,
        ]
        | None
    ) = None
    object: StoredObject | None = None


class TaskRunSpec(ApiModel):
    """What is asked for. Only `cancel` may change, and only to true."""

    service: Annotated[
        str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    ]
    task: TaskName
    input: Annotated[
        TaskInput,
        Field(
            json_schema_extra={
                "x-kubernetes-validations": [
                    {
                        "rule": "has(self.inline) != has(self.object)",
                        "message": "give exactly one of inline and object",
                    }
                ]
            }
        ),
    ]
    priority: Priority | None = None
    deadlines: Deadlines | None = None
    callback: Callback | None = None
    retry_of: Annotated[str, Field(max_length=MAX_RUN_NAME)] | None = None
    cancel: bool | None = None


class AttemptRecord(ApiModel):
    """One attempt, as kept in the status; `admittedAt` is when it was allowed to start.

    A reason without `finishedAt` is a verdict: the attempt is being ended for it.
    """

    number: Annotated[int, Field(ge=1)]
    job: str
    pod: str | None = None
    node: str | None = None
    admitted_at: Time | None = None
    started_at: Time | None = None
    finished_at: Time | None = None
    reason: str | None = None
    message: Annotated[str, Field(max_length=256)] | None = None
    exit_code: int | None = None
    error_type: Annotated[str, Field(max_length=128)] | None = None
    log_stored: bool | None = None


class Progress(ApiModel):
    """What the task last said of itself: `fraction` from 0 to 1, and a sentence."""

    fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    message: Message | None = None


class Header(ApiModel):
    """One HTTP header that a task has set for the answer with its result."""

    name: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9!#$%&'*+.^_`|~-]+$")]
    value: Annotated[str, Field(max_length=MAX_HEADER_BYTES, pattern=r"^[\t -~]*$")]


class ResultRecord(StoredObject):
    """The stored result, and the HTTP status, file name and headers to answer with."""

    status_code: Annotated[int, Field(ge=200, le=599)] = 200
    file_name: Annotated[str, Field(max_length=255)] | None = None
    headers: Annotated[list[Header], Field(max_length=MAX_HEADERS)] | None = None


class ServiceSeen(ApiModel):
    """Which version of the TaskService the run was started with."""

    generation: int
    image: str


_TERMINAL = ", ".join(f"'{phase}'" for phase in Phase if phase in TERMINAL)

_HAD_ENDED = (
    f"has(oldSelf.status) && has(oldSelf.status.phase) && oldSelf.status.phase in [{_TERMINAL}]"
)


def _known(phase: str) -> str:
    """Whether one of a newer version is an end cannot be told: a run in it is not read at all."""
    return Phase(phase)


class TaskRunStatus(ApiModel):
    """How far the run has come. A terminal phase never changes (the API server refuses it)."""

    phase: Annotated[PhaseName, AfterValidator(_known)] | None = None
    conditions: Conditions = Field(default_factory=list)
    reason: Annotated[str, Field(max_length=64)] | None = None
    message: Message | None = None
    attempt: int | None = None
    attempts: Annotated[list[AttemptRecord], Field(max_length=256)] = Field(default_factory=list)
    progress: Progress | None = None
    result: ResultRecord | None = None
    queued_at: Time | None = None
    started_at: Time | None = None
    finished_at: Time | None = None
    service: ServiceSeen | None = None
    callback: CallbackStatus | None = None
    observed_generation: int | None = None

    @property
    def terminal(self) -> bool:
        """Whether the run has ended."""
        return self.phase is not None and Phase(self.phase).terminal


class TaskRun(ApiModel):
    """One call of a task."""

    KIND: ClassVar[str] = "TaskRun"
    PLURAL: ClassVar[str] = "taskruns"
    SCHEMA_RULES: ClassVar[list[dict[str, str]]] = [
        {
            "rule": f"self.metadata.name.size() <= {MAX_RUN_NAME}",
            "message": f"metadata.name must be at most {MAX_RUN_NAME} characters: "
            "the Job of an attempt is named after it",
        },
        {  # At the root and not at the status, which could else be removed whole.
            "rule": f"!({_HAD_ENDED}) || (has(self.status) && has(self.status.phase)"
            " && self.status.phase == oldSelf.status.phase)",
            "message": "a finished run stays as it ended",
        },
    ]

    metadata: Metadata
    spec: TaskRunSpec
    status: TaskRunStatus = Field(default_factory=TaskRunStatus)

    @property
    def phase(self) -> Phase:
        """The phase; a run that nobody has looked at yet is queued."""
        return Phase(self.status.phase or Phase.QUEUED)

    def manifest(self) -> dict[str, object]:
        """The object to create: name, labels and spec, without what the API server fills in."""
        metadata: dict[str, object] = {"name": self.metadata.name}
        if self.metadata.labels:
            metadata["labels"] = self.metadata.labels
        return {
            "apiVersion": API_VERSION,
            "kind": self.KIND,
            "metadata": metadata,
            "spec": self.spec.to_wire(),
        }
