"""Phases and reasons: the words that say where a run stands and why, the same in every interface."""

from enum import StrEnum
from typing import Self


class Phase(StrEnum):
    """Where a TaskRun stands. The last three are terminal and never change again."""

    QUEUED = "Queued"
    """Not admitted yet, or no attempt exists."""
    STARTING = "Starting"
    """An attempt exists, and no container of it runs yet."""
    RUNNING = "Running"
    """User code runs."""
    SUCCEEDED = "Succeeded"
    """The result is stored and can be fetched."""
    FAILED = "Failed"
    """The run ended without a result; `reason` and `message` say why."""
    CANCELLED = "Cancelled"
    """Somebody asked for the end, and no container runs any more."""

    @property
    def terminal(self) -> bool:
        """Whether a run in this phase has ended."""
        return self in TERMINAL


TERMINAL = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED})


class Actor(StrEnum):
    """Who can do something about it."""

    TASK_AUTHOR = "task author"
    """Who writes the service and deploys it."""
    CALLER = "caller"
    """Who submits tasks."""
    PLATFORM_TEAM = "platform team"
    """Who runs the cluster and the object store."""
    NOBODY = "nobody"
    """It is as it should be, or passes by itself."""


class _Explained(StrEnum):
    """A word with what a person who meets it wants to know.

    Attributes:
        description: one sentence: when the word is given.
        actor: who should act.
        remedy: what they should do.
    """

    description: str
    actor: Actor
    remedy: str

    def __new__(
        cls, word: str, description: str = "", actor: Actor = Actor.NOBODY, remedy: str = ""
    ) -> Self:
        """Members give all four, and `Reason("TaskError")` finds one by its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.description = description
        member.actor = actor
        member.remedy = remedy
        return member


class Reason(_Explained):
    """Why a run ended, or failed to."""

    INVALID_INPUT = (
        "InvalidInput",
        "The input does not fit the task's signature.",
        Actor.CALLER,
        "Send what the message asks for; the service's `/schema.json` says what the task takes.",
    )
    TASK_ERROR = (
        "TaskError",
        "The task raised an exception.",
        Actor.TASK_AUTHOR,
        "Read the message and the log. Mend the task, or set `retries.limit` if it may go well the next time.",
    )
    OUT_OF_MEMORY = (
        "OutOfMemory",
        "The task, or a child of it, was killed for using more memory than its limit.",
        Actor.TASK_AUTHOR,
        (
            "Raise `resources.limits.memory`, or set `retries.limit` and `retries.outOfMemory`, with which a "
            "further attempt gets more."
        ),
    )
    PROCESS_CRASHED = (
        "ProcessCrashed",
        "The task's process died by a signal or an exit code of its own.",
        Actor.TASK_AUTHOR,
        "Read the end of the log: native code that crashes leaves the Python stack there.",
    )
    RUN_DEADLINE_EXCEEDED = (
        "RunDeadlineExceeded",
        "The task ran longer than its run deadline.",
        Actor.TASK_AUTHOR,
        "Raise `deadlines.run` of the service or the task, unless the caller set a shorter one.",
    )
    START_DEADLINE_EXCEEDED = (
        "StartDeadlineExceeded",
        "No container ran within the start deadline.",
        Actor.PLATFORM_TEAM,
        "The message says what the pod waited for; provide that, or raise `deadlines.start`.",
    )
    QUEUE_DEADLINE_EXCEEDED = (
        "QueueDeadlineExceeded",
        "The run, or its next attempt, was not admitted within the queue deadline; it never ran.",
        Actor.PLATFORM_TEAM,
        "Raise `queue.maxConcurrent` or the quota if the cluster can take more, else `deadlines.queue`.",
    )
    IMAGE_UNAVAILABLE = (
        "ImageUnavailable",
        "The image cannot be pulled, or its name is malformed.",
        Actor.TASK_AUTHOR,
        "Correct `image` of the TaskService, push the image, or name an `imagePullSecrets` in `podTemplate`.",
    )
    LOAD_FAILED = (
        "LoadFailed",
        "The service class could not be imported or built.",
        Actor.TASK_AUTHOR,
        "Read the log: try the image with the import that failed, or correct `entrypoint`.",
    )
    SERVICE_NOT_FOUND = (
        "ServiceNotFound",
        "No TaskService of that name exists in the namespace; the run waits for it until its queue deadline.",
        Actor.TASK_AUTHOR,
        "Apply the TaskService; or cancel the run, and submit one that names the right service.",
    )
    SERVICE_INVALID = (
        "ServiceInvalid",
        (
            "The TaskService names no such task, or Kubernetes refuses the Job that it describes; the run "
            "waits for a better one until its queue deadline."
        ),
        Actor.TASK_AUTHOR,
        "Correct the TaskService as the message says; the run then starts by itself.",
    )
    INPUT_UNAVAILABLE = (
        "InputUnavailable",
        "The input could not be fetched from object storage.",
        Actor.PLATFORM_TEAM,
        "See that pods reach the object store, and that nothing but Taskyard deletes below its prefix.",
    )
    RESULT_UPLOAD_FAILED = (
        "ResultUploadFailed",
        "The result could not be stored in object storage.",
        Actor.PLATFORM_TEAM,
        "See that pods reach the object store, and that it has room.",
    )
    DISRUPTED = (
        "Disrupted",
        "The attempt was lost by no fault of the task: evicted, preempted, deleted, node gone.",
        Actor.PLATFORM_TEAM,
        "Where it happens often, look for what removes pods; raise `retries.disruptions` where it must.",
    )
    CANCELLED = (
        "Cancelled",
        "Somebody asked for the run to be cancelled.",
        Actor.NOBODY,
        "`retry` submits it anew with the same input.",
    )


class WaitingReason(_Explained):
    """Why a run in phase Queued or Starting does not run yet."""

    CONCURRENCY_LIMIT = (
        "ConcurrencyLimit",
        (
            "As many runs of the service or the namespace as may have a pod have one; the message says the "
            "run's place in line."
        ),
        Actor.NOBODY,
        (
            "Its turn comes; `queue.maxConcurrent` of the service and `controller.maxConcurrentPerNamespace` "
            "are the limits."
        ),
    )
    WAITING_FOR_QUOTA = (
        "WaitingForQuota",
        "A ResourceQuota refuses the Job, or a queue of the cluster has not admitted the pod yet.",
        Actor.PLATFORM_TEAM,
        "It starts once others have ended; raise the quota if the namespace needs more.",
    )
    UNSCHEDULABLE = (
        "Unschedulable",
        "No node fits the pod; the message says what is missing.",
        Actor.PLATFORM_TEAM,
        "Add a node with what is missing, or ask for less in `resources`, `gpu` or `podTemplate`.",
    )
    PULLING_IMAGE = (
        "PullingImage",
        "The image cannot be pulled, and the node tries again; after a minute it is ImageUnavailable.",
        Actor.TASK_AUTHOR,
        "The message has the registry's words; what helps against ImageUnavailable helps here.",
    )
    CONTAINER_CREATING = (
        "ContainerCreating",
        "The Job, its pod, or the container on the node is being made: image, volumes, network, Secrets.",
        Actor.TASK_AUTHOR,
        (
            "If it lasts, the message says what is missing, such as a Secret that `podTemplate` names, what is "
            "in the way, or where to look. An image that is pulled anew each time is better smaller, or kept "
            "on the nodes."
        ),
    )
    BACKING_OFF = (
        "BackingOff",
        "The last attempt failed, and the next one is due at the time that the message says.",
        Actor.NOBODY,
        "Wait; `retries.backoff` says how long that may be.",
    )
    SUSPENDED = (
        "Suspended",
        "The TaskService is suspended, or a queue of the cluster holds the Job; what runs goes on.",
        Actor.TASK_AUTHOR,
        "Set `suspend` of the TaskService to false; where the Job is held, look at its queue.",
    )


class Condition(StrEnum):
    """Types of conditions on a TaskRun.

    Attributes:
        description: one sentence: what its status says.
    """

    description: str

    def __new__(cls, word: str, description: str = "") -> Self:
        """Members give both, and are found by their word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.description = description
        return member

    SUCCEEDED = "Succeeded", "True or False once the run has ended, Unknown before."
    CANCEL_REQUESTED = (
        "CancelRequested",
        "True once a run with a living attempt is being cancelled: its task was told to stop.",
    )
    RESOURCES_RELEASED = (
        "ResourcesReleased",
        "True when no container of the run holds CPU, memory or a GPU any more.",
    )
    ARCHIVED = "Archived", "True when the record of the run is in object storage."
