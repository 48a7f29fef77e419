"""The seams between the engine and the gateway on one side, and a cluster or a machine on the other.

Small on purpose: an attempt is whatever a `Launcher` can start, stop and look at.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from taskyard.api.runner import Ticket
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.webhook import Webhook


class Key(NamedTuple):
    """Names one object of a kind."""

    namespace: str
    name: str

    @classmethod
    def of(cls, resource: TaskRun | TaskService) -> "Key":
        """The key of a run or a service."""
        return cls(resource.metadata.namespace, resource.metadata.name)


class PortError(Exception):
    """Something behind a port went wrong; the message is one sentence that may be shown to a user."""


class Unavailable(PortError):
    """Again later: the API server or the store is away, busy, or gave no answer in time."""


class Unanswered(Unavailable):
    """The other side was asked and did not answer: it may or may not have done it."""


class NotPermitted(Unavailable):
    """Our account may not do that, or not yet: an API server that has just started knows no roles."""


class AdmissionWebhookUnavailable(Unavailable):
    """Nothing was done, since an admission webhook that has to agree gave no answer."""


class Conflict(PortError):
    """Somebody else changed, or still holds, what was to be changed; look again, then decide anew."""


class Missing(PortError):
    """There is no such object."""


class Rejected(PortError):
    """The other side refused what was asked, and would refuse it again."""


class Unreadable(PortError):
    """What is stored makes no sense to this version; somebody has to correct or to delete it."""


class OverQuota(Rejected):
    """Refused because there are too many already: once some have gone, it may be asked again."""


@dataclass(frozen=True, slots=True)
class Change:
    """A run as it has become; None where it was deleted, or cannot be read."""

    key: Key
    run: TaskRun | None


class RunStore(Protocol):
    """Where TaskRuns and TaskServices are kept."""

    async def runs(self, namespace: str | None) -> Sequence[TaskRun]:
        """The runs of a namespace, or (None) of all."""

    async def services(self, namespace: str | None) -> Sequence[TaskService]:
        """The services of a namespace, or (None) of all."""

    async def run(self, namespace: str, name: str) -> TaskRun:
        """One run, read now. Raises `Missing` or `Unreadable`."""

    async def create(self, run: TaskRun) -> TaskRun:
        """Store a new run. Raises `Rejected` where the store finds it invalid."""

    async def request_cancel(self, run: TaskRun) -> TaskRun:
        """Ask for the end of a run; asking again changes nothing."""

    async def write_status(self, run: TaskRun, status: TaskRunStatus) -> TaskRun:
        """Write the status of `run`, if nobody has changed the run since it was read. Raises `Conflict`."""

    async def delete(self, run: TaskRun) -> None:
        """Delete this very run and what it owns; one of its name that was made since is left alone."""


class WatchedRuns(RunStore, Protocol):
    """Runs whose changes are told as they happen."""

    def each_run(self, namespace: str) -> AsyncIterator[TaskRun]:
        """The runs of a namespace one by one, however many there are: not all are in memory at once."""

    async def watch(self, namespace: str) -> AsyncGenerator[Change]:
        """What changes of the runs of a namespace after this call has returned, for as long as possible.

        Where changes may have been missed, `Unavailable` is raised in place of the next one.
        """


class Launcher(Protocol):
    """What starts, stops and looks at attempts."""

    async def start(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> None:
        """Start attempt `number`. Started before: nothing happens.

        Raises `Rejected` where it can never start like this, and `Conflict` where the remains of an
        older run of the same name are still in its way.
        """

    async def stop(self, run: TaskRun, number: int) -> None:
        """Tell attempt `number` to stop, and free what it holds. Gone already: nothing happens."""

    async def log(self, run: TaskRun, attempt: Attempt) -> bytes:
        """The end of the log that the attempt says is to be stored (`Ending.log_of`), of bounded size.

        Raises `Missing` or `Rejected` where it cannot be had any more.
        """

    async def attempts(self, run: TaskRun) -> Sequence[Attempt]:
        """The attempts of a run, read now from the source."""

    async def all_attempts(self, namespace: str | None) -> Sequence[tuple[Key, Attempt]]:
        """Every attempt in a namespace, or (None) in all, with the key of its run."""


class CallbackSender(Protocol):
    """What delivers webhooks."""

    async def send(self, webhook: Webhook, at: datetime) -> None:
        """Deliver a message, signed for this time; it ends within a bounded time.

        Raises `Unavailable` where another attempt may go better, and `Rejected` where none can.
        """


@dataclass(frozen=True, slots=True)
class StoredBody:
    """What is known of an object that was stored: bytes, and the digest of what was sent."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FoundObject:
    """What the store knows of an object: bytes, its own tag for it, and the body where that was asked for."""

    size: int
    content_type: str = ""
    e_tag: str | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class FoundEnd:
    """The end of an object, or all of it where that is short; `size` is that of the whole, in bytes."""

    body: bytes
    size: int
    e_tag: str | None


class ObjectStore(Protocol):
    """Where inputs, results, logs, progress and records are kept."""

    async def put(self, key: str, body: AsyncIterator[bytes]) -> StoredBody:
        """Store a body as it comes, without holding it in memory."""

    def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The body of an object, in chunks, from byte `start` to before byte `end` or to its end.

        Raises `Missing` at the first one.
        """

    async def get_small(self, key: str, limit: int) -> bytes:
        """The first `limit` bytes of an object. Raises `Missing`."""

    async def get_end(self, key: str, limit: int) -> bytes:
        """The last `limit` bytes of an object. Raises `Missing`."""

    async def end_unless(self, key: str, limit: int, e_tag: str | None) -> FoundEnd | None:
        """The last `limit` bytes of an object; None where it still is the one of that tag. Raises `Missing`."""

    async def part(self, key: str, start: int, stop: int, e_tag: str | None) -> bytes:
        """The bytes from `start` to before `stop`, which are there.

        Raises `Missing`, and `Conflict` where the object is not the one of that tag any more.
        """

    async def look_up(self, key: str, body_up_to: int = 0) -> FoundObject:
        """An object, with its body if that has at most so many bytes; one request. Raises `Missing`."""

    async def put_bytes(self, key: str, body: bytes) -> None:
        """Store a small object, or replace it."""

    async def put_new(self, key: str, body: bytes) -> bool:
        """Store a small object if there is none of that key; False, with nothing done, if there is one.

        Of several that try at once exactly one gets True, or none where its answer was lost on the way.
        """

    async def delete(self, key: str) -> None:
        """Remove an object; it may be gone already."""

    async def delete_many(self, keys: Sequence[str]) -> None:
        """Remove objects in few requests; any of them may be gone already."""

    def list(self, folder: str, start_after: str = "") -> AsyncIterator[Sequence[str]]:
        """The keys of all objects below a folder, in portions of bounded size.

        They are in order where all of them lie in the folder itself, and with `start_after` only those
        come that sort after that key, which need not be there.
        """

    async def list_folders(self, folder: str) -> Sequence[str]:
        """The names of the folders directly in a folder."""

    async def url_to_get(self, key: str) -> str:
        """A URL with which anyone can read just this object, for a bounded time."""

    async def urls_to_put(self, keys: Sequence[str]) -> Sequence[str]:
        """For each key a URL with which anyone can write just this object, for a bounded time."""
