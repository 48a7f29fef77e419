"""The `Launcher` port on the API server: an attempt is a Job with one Pod."""

from collections.abc import Sequence
from contextlib import suppress

from taskyard.api.names import (
    LABEL_ATTEMPT,
    LABEL_RUN,
    LABEL_RUN_UID,
    MANAGED_BY_SELECTOR,
    job_name,
)
from taskyard.api.runner import Ticket
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.job import JobSettings, build_job
from taskyard_operator.core.resources import spec_of_next_attempt
from taskyard_operator.kube.answers import Json
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.paths import job_path, log_path, pod_path
from taskyard_operator.kube.tracker import AttemptTracker
from taskyard_operator.ports import Conflict, Key, Missing, Rejected

_LOG_LINES = 10_000
"""Most lines of a pod's log to read: more than fit, unless they are short."""


class JobLauncher:
    """Attempts as Jobs.

    `tracker` is shared with the watch, so that a listing never replaces what came after it. Of a pod's log
    at most the last `log_bytes` are read; 0 means that none is.
    """

    def __init__(
        self,
        api: KubeApi,
        tracker: AttemptTracker,
        settings: JobSettings,
        log_bytes: int = 1024**2,
    ) -> None:
        self._api = api
        self._tracker = tracker
        self._settings = settings
        self._log_bytes = log_bytes

    async def start(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> None:
        """Create the Job; see `Launcher.start`. That it exists already means: started before."""
        try:
            spec = spec_of_next_attempt(run, service)
            job = build_job(run, spec, number, ticket, self._settings)
        except ValueError as error:
            raise Rejected(f"the service makes no Job: {error}") from error
        try:
            await self._api.create(job_path(run.metadata.namespace), job)
        except Conflict:
            await self._check_ours(run, number)

    async def _check_ours(self, run: TaskRun, number: int) -> None:
        """The name is taken: by this run's own attempt, or by one of a deleted run of the same name."""
        name = job_name(run.metadata.name, number)
        try:
            job = await self._api.get(job_path(run.metadata.namespace, name))
        except Missing as error:
            raise Conflict(f"The Job {name} was in the way, and has just gone.") from error
        if not _is_of(run, job):
            raise Conflict(
                f"The Job {name} is there, and is not of this run: it goes with the run that it is of, "
                "or is to be deleted."
            )

    async def stop(self, run: TaskRun, number: int) -> None:
        """Delete the Job; see `Launcher.stop`.

        In the foreground: the Job stays until its pod is gone, so its end is the proof that
        resources are free, and its name cannot be taken by a second pod meanwhile.

        The Job is looked at first: under its name may be that of a run that was made since.
        """
        path = job_path(run.metadata.namespace, job_name(run.metadata.name, number))
        with suppress(Missing):
            job = await self._api.get(path)
            if _is_of(run, job):
                await self._api.delete(path, "Foreground", job["metadata"]["uid"])
                return
        await self._stop_orphans(run, number)

    async def _stop_orphans(self, run: TaskRun, number: int) -> None:
        """Delete the pod of a Job that was deleted from above it, by `--cascade=orphan`."""
        selector = (
            f"{MANAGED_BY_SELECTOR},{LABEL_RUN_UID}={run.metadata.uid},{LABEL_ATTEMPT}={number}"
        )
        namespace = run.metadata.namespace
        pods = [pod async for pod in self._api.list(pod_path(namespace), selector)]
        for pod in pods:
            with suppress(Missing):
                await self._api.delete(pod_path(namespace, pod["metadata"]["name"]), "Background")

    async def log(self, run: TaskRun, attempt: Attempt) -> bytes:
        """The end of a container's log, which the API server gets from the kubelet; see `Launcher.log`."""
        if attempt.pod is None or attempt.ending is None or attempt.ending.log_of is None:
            raise Missing("the attempt has left no log")
        if not self._log_bytes:
            return b""
        path = log_path(run.metadata.namespace, attempt.pod)
        # `limitBytes` would keep the beginning of these lines, and the end is what tells.
        query = {"container": attempt.ending.log_of, "tailLines": str(_LOG_LINES)}
        return await self._api.read_end(path, query, self._log_bytes)

    async def attempts(self, run: TaskRun) -> Sequence[Attempt]:
        """The attempts of a run, read now; see `Launcher.attempts`."""
        tracker = AttemptTracker()
        selector = f"{MANAGED_BY_SELECTOR},{LABEL_RUN}={run.metadata.name}"
        await self._read(tracker, run.metadata.namespace, selector)
        return [attempt for place in tracker.places() if (attempt := tracker.attempt(place))]

    async def all_attempts(self, namespace: str | None) -> Sequence[tuple[Key, Attempt]]:
        """Every attempt in a namespace; see `Launcher.all_attempts`."""
        known, read = self._tracker.uids(namespace), AttemptTracker()
        listed = await self._read(read, namespace, MANAGED_BY_SELECTOR)
        # All at once: until it is told here, what the watch brings must be news.
        self._tracker.take_over(read)
        # Only what was known before the listing began can have been missed by it.
        self._tracker.forget(known - listed)
        return [
            (place.run, attempt)
            for place in self._tracker.places(namespace)
            if (attempt := self._tracker.attempt(place))
        ]

    async def _read(
        self, tracker: AttemptTracker, namespace: str | None, selector: str
    ) -> set[str]:
        """List Jobs, then Pods, so that a listed Job's pod is not missing for being younger."""
        uids = set()
        async for job in self._api.list(job_path(namespace), selector):
            tracker.job_seen(job)
            uids.add(job["metadata"]["uid"])
        async for pod in self._api.list(pod_path(namespace), selector):
            tracker.pod_seen(pod)
            uids.add(pod["metadata"]["uid"])
        return uids


def _is_of(run: TaskRun, job: Json) -> bool:
    labels = job["metadata"].get("labels") or {}
    return bool(labels.get(LABEL_RUN_UID) == run.metadata.uid)
