"""From a Job and its Pod to an `Attempt`: when did it start, does it run, how did it end.

The Pod is read, and not the Job's condition: the Job controller gathers finished pods for a second
before it says Complete, and exit code and report live in the Pod only.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from taskyard.api.names import (
    CONTAINER,
    LABEL_ATTEMPT,
    LABEL_RUN,
    LABEL_RUN_UID,
    bounded,
    job_name,
)
from taskyard.api.reasons import Phase, Reason
from taskyard.api.report import Report
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.diagnosis import is_held, why_waiting

Manifest = Mapping[str, Any]

_FROM_RUNNER = frozenset(
    {
        Reason.INVALID_INPUT,
        Reason.TASK_ERROR,
        Reason.OUT_OF_MEMORY,
        Reason.PROCESS_CRASHED,
        Reason.RUN_DEADLINE_EXCEEDED,
        Reason.LOAD_FAILED,
        Reason.INPUT_UNAVAILABLE,
        Reason.RESULT_UPLOAD_FAILED,
    }
)
"""The reasons that a runner may give; any other word in a report is not believed."""

_KILLED = (137, 143)
"""Exit codes of a process ended by SIGKILL or SIGTERM, as the container runtime counts them."""

_UNSEEN = ("ContainerStatusUnknown", "Unknown")
"""The words of the kubelet, and of containerd, for an end that they did not see."""

_NO_RUNNER = "No module named taskyard_runtime"
"""What Python says of an image that is not built on the runtime image."""


def observe(job: Manifest | None, pod: Manifest | None) -> Attempt | None:
    """The attempt that a Job and its Pod amount to, or None where neither exists."""
    known = job or pod
    if known is None:
        return None
    labels = known["metadata"]["labels"]
    number = int(labels[LABEL_ATTEMPT])
    ending = _ending(job, pod)
    running = _container_state(pod).get("running") or {}
    terminated = _container_state(pod).get("terminated") or {}
    stage = Stage.ENDED if ending else Stage.RUNNING if running else Stage.WAITING
    created_at = _time((pod or known)["metadata"].get("creationTimestamp"))
    # By the clock of its node, which may be slow: then deadlines and retention would be over at once.
    started_at = _not_before(created_at, _time((running or terminated).get("startedAt")))
    finished_at = _not_before(started_at or created_at, _time(terminated.get("finishedAt")))
    return Attempt(
        number=number,
        owner=labels[LABEL_RUN_UID],
        job=job_name(labels[LABEL_RUN], number),
        stage=stage,
        created_at=created_at,
        # A pod may be left without its Job, by a deletion that orphans it; then it counts itself.
        stopping="deletionTimestamp" in known["metadata"],
        pod=pod["metadata"]["name"] if pod else None,
        node=pod["spec"].get("nodeName") if pod else None,
        admitted_at=_admitted_at(known),
        placed_at=_time((pod or {}).get("status", {}).get("startTime")),
        started_at=started_at,
        finished_at=finished_at,
        gone_by=_time(pod["metadata"].get("deletionTimestamp")) if pod else None,
        waiting=why_waiting(job, pod) if stage is Stage.WAITING else None,
        ending=ending,
    )


def _ending(job: Manifest | None, pod: Manifest | None) -> Ending | None:
    if pod is None:
        return _ending_without_pod(job)
    terminated = _container_state(pod).get("terminated")
    if terminated:
        ending = _ending_of_container(pod, terminated)
        return replace(ending, released=not _another_container_is_left(pod))
    if pod.get("status", {}).get("phase") in ("Failed", "Succeeded"):
        return _ending_of_init_container(pod) or _disrupted(pod, None)
    return None


def _ending_of_init_container(pod: Manifest) -> Ending | None:
    """A service's `podTemplate` may have containers that come before the task's, and fail."""
    for status in pod.get("status", {}).get("initContainerStatuses") or []:
        terminated = (status.get("state") or {}).get("terminated") or {}
        exit_code = int(terminated.get("exitCode", 0))
        if exit_code and not _was_disrupted(pod) and not _was_ended(pod, terminated):
            return _init_container_failed(str(status.get("name")), terminated, exit_code)
    return None


def _init_container_failed(name: str, terminated: Mapping[str, Any], exit_code: int) -> Ending:
    if terminated.get("reason") == "StartError":
        why = f"The init container {name} could not be started: {terminated.get('message', '')}"
        return _failed(Reason.LOAD_FAILED, why, exit_code)
    how = f"ended with exit code {exit_code}"
    if terminated.get("reason") == "OOMKilled":
        how = "was killed for using more memory than its limit"
    why = f"The init container {name} {how}."
    return replace(_failed(Reason.PROCESS_CRASHED, why, exit_code), log_of=name)


def _ending_of_container(pod: Manifest, terminated: Mapping[str, Any]) -> Ending:
    exit_code = int(terminated.get("exitCode", 0))
    report = Report.from_json(terminated.get("message") or "")
    if report is not None:
        return _ending_reported(pod, report, exit_code)
    if terminated.get("reason") == "StartError":
        why = f"The container could not be started: {terminated.get('message', '')}"
        return _failed(Reason.LOAD_FAILED, why, exit_code)
    return replace(_ending_without_report(pod, terminated, exit_code), log_of=CONTAINER)


def _ending_without_report(pod: Manifest, terminated: Mapping[str, Any], exit_code: int) -> Ending:
    if terminated.get("reason") == "OOMKilled":
        return _failed(Reason.OUT_OF_MEMORY, Reason.OUT_OF_MEMORY.description, exit_code)
    if _was_ended(pod, terminated) or _was_disrupted(pod):
        return _disrupted(pod, exit_code)
    return _crashed(str(terminated.get("message") or ""), exit_code)


def _crashed(log: str, exit_code: int) -> Ending:
    """What is there instead of a report is the end of the log, see the Job's `terminationMessagePolicy`."""
    if exit_code == 1 and _NO_RUNNER in log:
        why = "The image has no taskyard_runtime: build it on the runtime image of Taskyard."
        return _failed(Reason.LOAD_FAILED, why, exit_code)
    why = f"The runner ended with exit code {exit_code} and left no report."
    if last_words := log.strip().rpartition("\n")[2]:
        why = f"{why} The last line of its log: {last_words}"
    return _failed(Reason.PROCESS_CRASHED, why, exit_code)


def _ending_reported(pod: Manifest, report: Report, exit_code: int) -> Ending:
    if report.outcome == "Succeeded":
        ending = Ending(Phase.SUCCEEDED, exit_code=exit_code, result=report.result)
    elif report.outcome == "Cancelled" and _was_disrupted(pod):
        ending = _disrupted(pod, exit_code)
    elif report.outcome == "Cancelled":
        message = bounded(report.message)
        ending = Ending(Phase.CANCELLED, Reason.CANCELLED, message, exit_code)
    elif report.reason in _FROM_RUNNER:
        ending = _failed(Reason(report.reason), report.message, exit_code)
    else:
        why = f"The runner gave no reason that a runner may give: {report.message}"
        ending = _failed(Reason.PROCESS_CRASHED, why, exit_code)
    error_type = report.error_type[:128]
    return replace(ending, error_type=error_type, log_stored=bool(report.log_stored))


def _ending_without_pod(job: Manifest | None) -> Ending | None:
    """A Job that says it has ended while its pod is gone took the report with it.

    A runner ends with 0 only once its result is stored: then the store can tell what the report would have.
    """
    said = {c.get("type") for c in _conditions(job) if c.get("status") == "True"}
    if "Complete" in said:
        return Ending(Phase.SUCCEEDED)
    if "Failed" in said:
        why = "The pod was gone before its report could be read."
        return Ending(Phase.FAILED, Reason.DISRUPTED, why, log_of=CONTAINER)
    return None


def _disrupted(pod: Manifest, exit_code: int | None) -> Ending:
    status = pod.get("status", {})
    said = next((c for c in _conditions(pod) if c.get("type") == "DisruptionTarget"), {})
    detail = status.get("message") or said.get("message") or status.get("reason") or "it was ended"
    why = f"The pod was lost: {str(detail).strip()}"
    return Ending(Phase.FAILED, Reason.DISRUPTED, bounded(why), exit_code)


def _failed(reason: Reason, message: str, exit_code: int) -> Ending:
    return Ending(Phase.FAILED, reason, bounded(message), exit_code)


def _was_disrupted(pod: Manifest) -> bool:
    """Evicted, preempted, drained or its node lost: the pod itself says so."""
    return pod.get("status", {}).get("reason") == "Evicted" or any(
        condition.get("type") == "DisruptionTarget" and condition.get("status") == "True"
        for condition in _conditions(pod)
    )


def _was_ended(pod: Manifest, terminated: Mapping[str, Any]) -> bool:
    """A container did not end by itself: its pod was deleted, or it was gone when its node had restarted."""
    deleted = "deletionTimestamp" in pod["metadata"] and terminated.get("exitCode") in _KILLED
    return deleted or terminated.get("reason") in _UNSEEN


def _container_state(pod: Manifest | None) -> Mapping[str, Any]:
    statuses = (pod or {}).get("status", {}).get("containerStatuses") or []
    for status in statuses:
        if status.get("name") == CONTAINER:
            state: Mapping[str, Any] = status.get("state") or {}
            return state
    return {}


def _another_container_is_left(pod: Manifest) -> bool:
    """A service's `podTemplate` may add containers, which do not end with the task's.

    Those among the init containers that are restarted are ended after it, and hold the pod until then. One
    that waits, as for an image that cannot be pulled, holds it as well: with all that the pod was given.
    """
    said = pod.get("status", {})
    statuses = [said.get(kind) or [] for kind in ("containerStatuses", "initContainerStatuses")]
    return any("terminated" not in (status.get("state") or {}) for status in chain(*statuses))


def _conditions(manifest: Manifest | None) -> list[Mapping[str, Any]]:
    return (manifest or {}).get("status", {}).get("conditions") or []


def _admitted_at(known: Manifest) -> datetime | None:
    """When the Job was allowed to start; a suspended Job has not been, or is not any more.

    Where only the pod is left: when that began.
    """
    if is_held(known):
        return None
    started = _time(known.get("status", {}).get("startTime"))
    return started or _time(known["metadata"].get("creationTimestamp"))


def _time(text: str | None) -> datetime | None:
    """A Kubernetes time; the zero times that a container that never started carries are none."""
    if not text or text.startswith("1970-01-01"):
        return None
    return datetime.fromisoformat(text)


def _not_before(before: datetime | None, said: datetime | None) -> datetime | None:
    return max(before, said) if before and said else said
