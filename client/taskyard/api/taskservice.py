"""TaskService: which image holds a service class, which tasks it has, and how they are run.

Whoever may create one may run code in its namespace, since it names the image.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from taskyard.api.callback import Callback
from taskyard.api.names import API_VERSION
from taskyard.api.resource import ApiModel, Conditions, Metadata, OpenObject

Quantity = Annotated[
    str, BeforeValidator(str), Field(json_schema_extra={"x-kubernetes-int-or-string": True})
]
"""A Kubernetes quantity, such as `500m`, `2` or `4Gi`."""
Seconds = Annotated[int, Field(ge=1, le=30 * 24 * 3600)]
"""A duration in whole seconds, up to 30 days."""
TaskName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""A Python method's name."""


class Resources(ApiModel):
    """Compute resources of the task's container, as in a pod."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16)] = Field(default_factory=dict)
    limits: Annotated[dict[str, Quantity], Field(max_length=16)] = Field(default_factory=dict)


class Gpu(ApiModel):
    """Accelerators for each attempt.

    `type` becomes a node selector on the label that the operator is set up with
    (`nvidia.com/gpu.product` by default).
    """

    count: Annotated[int, Field(ge=1, le=64)]
    type: Annotated[str, Field(max_length=63)] | None = None
    resource_name: Annotated[str, Field(max_length=253)] = "nvidia.com/gpu"


class Queue(ApiModel):
    """How many runs of the service may be admitted at once, and in which queue they wait."""

    max_concurrent: Annotated[int, Field(ge=1, le=100_000)] | None = None
    local_queue: Annotated[str, Field(max_length=63)] | None = None
    priority_class: Annotated[str, Field(max_length=253)] | None = None


class Deadlines(ApiModel):
    """Seconds that a run may wait to be admitted, take to start, and run (each attempt)."""

    queue: Seconds | None = None
    start: Seconds | None = None
    run: Seconds | None = None


class Backoff(ApiModel):
    """Seconds before the first retry, the factor for each further one, and the longest wait."""

    initial: Seconds = 10
    factor: Annotated[float, Field(ge=1, le=10)] = 2.0
    max: Seconds = 300


class OutOfMemoryRetry(ApiModel):
    """A retry after OutOfMemory gets `factor` times the memory, up to `max`."""

    factor: Annotated[float, Field(ge=1, le=10)]
    max: Quantity


Names = Annotated[list[Annotated[str, Field(max_length=128)]], Field(max_length=32)]
"""Reasons, or names of exception types as `module.Type` or `Type`."""


class Retries(ApiModel):
    """`limit` retries of the task's own failures, `disruptions` of the platform's.

    Of its own failures all are retried, or only those that `on` names; never those in `never`.
    """

    limit: Annotated[int, Field(ge=0, le=100)] = 0
    disruptions: Annotated[int, Field(ge=0, le=100)] = 3
    backoff: Backoff = Field(default_factory=Backoff)
    on: Names | None = None
    never: Names | None = None
    out_of_memory: OutOfMemoryRetry | None = None


class Retention(ApiModel):
    """Seconds that a finished TaskRun, and the data of a run, are kept."""

    task_run: Seconds | None = None
    result: Seconds | None = None


class Task(ApiModel):
    """One task: a method of the service class, its route, and the JSON schemas of its input and output."""

    name: TaskName
    route: (
        Annotated[str, Field(max_length=128, pattern=r"^/[A-Za-z0-9_./-]*[A-Za-z0-9_-]$")] | None
    ) = None
    description: Annotated[str, Field(max_length=1024)] | None = None
    input: OpenObject = Field(default_factory=dict)
    output: OpenObject = Field(default_factory=dict)
    deadlines: Deadlines | None = None
    retries: Retries | None = None

    @property
    def path(self) -> str:
        """Where the gateway serves it: the route, or the name where none is given."""
        return self.route or f"/{self.name}"


class TaskServiceSpec(ApiModel):
    """What a platform or service team says about a service.

    One that is `warm` is built once by a process that runs task after task, where attempts are processes
    (`taskyard serve`); in a cluster each attempt is a Job, and it changes nothing.
    """

    image: Annotated[str, Field(min_length=1, max_length=1024)]
    entrypoint: Annotated[
        str, Field(max_length=253, pattern=r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$")
    ]
    tasks: Annotated[
        list[Task],
        Field(
            min_length=1,
            max_length=64,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ]
    resources: Resources = Field(default_factory=Resources)
    gpu: Gpu | None = None
    pod_template: OpenObject | None = None
    queue: Queue | None = None
    deadlines: Deadlines | None = None
    retries: Retries | None = None
    retention: Retention | None = None
    callback: Callback | None = None
    cancel_grace: Annotated[int, Field(ge=0, le=3600)] | None = None
    suspend: bool | None = None
    warm: bool | None = None

    def task(self, name: str) -> Task | None:
        """The task of that name, if there is one."""
        return next((task for task in self.tasks if task.name == name), None)


class TaskServiceStatus(ApiModel):
    """What the operator says about a service."""

    conditions: Conditions = Field(default_factory=list)
    observed_generation: int | None = None


class TaskService(ApiModel):
    """A service class in an image, ready to be called."""

    KIND: ClassVar[str] = "TaskService"
    PLURAL: ClassVar[str] = "taskservices"
    SCHEMA_RULES: ClassVar[list[dict[str, str]]] = [
        {
            "rule": "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')",
            "message": "metadata.name must be a DNS label: lower-case letters, digits and hyphens, "
            "at most 63 characters",
        }
    ]

    metadata: Metadata
    spec: TaskServiceSpec
    status: TaskServiceStatus = Field(default_factory=TaskServiceStatus)

    def manifest(self) -> dict[str, Any]:
        """As one would write it for `kubectl apply`: without what the API server fills in."""
        spec = self.spec.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude_defaults=True
        )
        return {
            "apiVersion": API_VERSION,
            "kind": self.KIND,
            "metadata": {"name": self.metadata.name},
            "spec": spec,
        }
