"""What really is: the objects of an API server, and the events that tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from taskyard.api.names import LABEL_ATTEMPT, LABEL_RUN_UID, job_name
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard_operator.core.job import JobSettings, build_job
from taskyard_operator.core.steps.current_attempt import NODE_PATIENCE
from tests.core.builders import NOW, ARun, a_ticket
from tests.core.manifests import APod

from .history import History
from .pods import deleted_pod, finished, gone_by, is_complete, is_dead, job_owner, running
from .setting import CLOCK_ERROR, GRACE, SERVICE

Kind = Literal["run", "job", "pod"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Refused(Exception):
    """The API server said no, or a crash came: the rest of the plan is not carried out."""


class OverQuota(Refused):
    """Another time this may go well."""


@dataclass(frozen=True)
class Event:
    """What a watch tells; `writer` is the leader whose status write it comes from."""

    gone: bool
    thing: Any
    writer: str = ""


@dataclass
class Truth:
    """What really is, and the events that tell of it."""

    now: datetime = NOW
    versions: int = 100
    run: ARun | None = None
    service: bool = True
    """Whether the service is there."""
    suspended: bool = False
    """Whether its owner has suspended it."""
    edited: bool = False
    """Whether its owner has edited it."""
    quota: bool = True
    """Whether a quota lets Jobs pass."""
    crowded: bool = False
    """Whether as many other runs as may have an attempt have one."""
    store: bool = True
    """Whether object storage answers."""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods: dict[str, APod] = field(default_factory=dict)
    events: dict[Kind, list[Event]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    history: History = field(default_factory=History)

    def next_version(self) -> int:
        self.versions += 1
        return self.versions

    # The run.

    def put_run(self, run: ARun, writer: str = "") -> ARun:
        self.run = run.version(self.next_version())
        self.events["run"].append(Event(False, self.run, writer))
        return self.run

    def remove_run(self) -> None:
        assert self.run
        gone = self.run.version(self.next_version())
        self.run = None
        self.events["run"].append(Event(True, gone))

    def write_status(self, run: TaskRun, status: TaskRunStatus, writer: str) -> TaskRun:
        """The status subresource, with the guard of the port and the rule of the CRD."""
        there = self.run
        if there is None or there.metadata.uid != run.metadata.uid:
            raise Refused("there is no such run")
        if there.metadata.resource_version != run.metadata.resource_version:
            raise Refused("somebody changed the run")
        if there.status.terminal and there.status.phase != status.phase:
            raise Refused("a finished run stays as it ended")
        uid = run.metadata.uid
        pods = self.pods_of(uid)
        if not there.status.terminal:
            live, away = self.live_pods(uid), not self.store
            self.history.check_status(there, status, self.now, pods, live, away=away)
            self.history.check_lost(there, status, self.completed(uid))
        self.history.check_released(there, status, pods)
        return self.put_run(there.saying(status), writer)

    def delete_run(self, run: TaskRun) -> None:
        there = self.run
        if there is None or there.metadata.uid != run.metadata.uid:
            return
        self.history.check_deletion(there, self.now)
        self.remove_run()

    def completed(self, uid: str) -> set[int]:
        """The attempts whose Jobs say Complete, and whose results the store has, unless it is away."""
        jobs = [job for job in self.jobs.values() if job_owner(job) == uid and is_complete(job)]
        numbers = {int(job["metadata"]["labels"][LABEL_ATTEMPT]) for job in jobs}
        return {n for n in numbers if self.store and (uid, n) in self.history.results}

    def live_pods(self, uid: str) -> list[APod]:
        """The pods whose container runs, but for those on a node that nobody can reach any more."""
        return [pod for pod in self.pods_of(uid) if running(pod) and not self.given_up(pod)]

    def given_up(self, pod: APod) -> bool:
        return (
            is_dead(pod)
            and deleted_pod(pod)
            and self.now >= gone_by(pod) + NODE_PATIENCE - CLOCK_ERROR
        )

    # Jobs and pods.

    def put_job(self, job: Mapping[str, Any]) -> None:
        changed = {**job, "metadata": {**job["metadata"], "resourceVersion": self.next_version()}}
        self.jobs[job["metadata"]["name"]] = changed
        self.events["job"].append(Event(False, changed))

    def remove_job(self, name: str) -> None:
        gone = self.jobs.pop(name)
        self.events["job"].append(Event(True, gone))

    def put_pod(self, pod: APod) -> None:
        changed = pod.version(self.next_version())
        self.pods[pod["metadata"]["name"]] = changed
        self.events["pod"].append(Event(False, changed))

    def remove_pod(self, name: str) -> None:
        gone = self.pods.pop(name)
        self.events["pod"].append(Event(True, gone))

    def pods_of(self, uid: str) -> list[APod]:
        return [p for p in self.pods.values() if p["metadata"]["labels"][LABEL_RUN_UID] == uid]

    def pods_of_job(self, job: Mapping[str, Any]) -> list[APod]:
        return [p for p in self.pods.values() if p["job"] == job["metadata"]["uid"]]

    def create_job(self, run: TaskRun, number: int, *, stale: bool) -> None:
        name = job_name(run.metadata.name, number)
        known = self.jobs.get(name)
        if known:
            if known["metadata"]["labels"][LABEL_RUN_UID] != run.metadata.uid:
                raise Refused("a Job of another run of this name is still there")
            return
        if not self.quota:
            raise OverQuota("exceeded quota")
        told = (self.run.status.attempt if self.run else None) or 0
        live = self.live_pods(run.metadata.uid)
        self.history.note_start(run, number, told, live, stale=stale)
        job = build_job(run, SERVICE.spec, number, a_ticket(attempt=number), JobSettings())
        job["metadata"] |= {
            "uid": f"job-{self.next_version()}",
            "creationTimestamp": rfc3339(self.now),
        }
        job["status"] = {"startTime": rfc3339(self.now)}
        self.put_job(job)

    def stop_attempt(self, run: TaskRun, number: int) -> None:
        """Delete the Job of this very run, as `JobLauncher.stop` does."""
        self.history.stopped.add((run.metadata.uid, number))
        job = self.jobs.get(job_name(run.metadata.name, number))
        if job and job_owner(job) == run.metadata.uid:
            self.delete_job(job["metadata"]["name"], foreground=True)

    def delete_job(self, name: str, *, foreground: bool) -> None:
        job = self.jobs.get(name)
        if job is None:
            return
        if foreground and self.pods_of_job(job):
            deleted = {**job["metadata"], "deletionTimestamp": rfc3339(self.now)}
            self.put_job({**job, "metadata": deleted})
        else:
            self.remove_job(name)

    def collect_garbage(self) -> bool:
        """One pass of the garbage collector; False where nothing is left to do."""
        for name, job in list(self.jobs.items()):
            orphan = self.run is None or self.run.metadata.uid != job_owner(job)
            deleted = "deletionTimestamp" in job["metadata"]
            if self.run and self.run.metadata.deletion_timestamp and not deleted:
                self.delete_job(name, foreground=True)
                return True
            if orphan or (deleted and not self.pods_of_job(job)):
                self.remove_job(name)
                return True
        jobs = {job["metadata"]["uid"]: job for job in self.jobs.values()}
        for pod in list(self.pods.values()):
            job = jobs.get(pod["job"], {"metadata": {"deletionTimestamp": "now"}, "spec": {}})
            suspended = job["spec"].get("suspend") and not finished(pod)
            if ("deletionTimestamp" in job["metadata"] or suspended) and not deleted_pod(pod):
                self.put_pod(pod.being_deleted(self.now + GRACE))
                return True
        if self.run and self.run.metadata.deletion_timestamp and not self.jobs:
            self.remove_run()
            return True
        return False
