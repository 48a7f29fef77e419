"""What controllers, kubelets, nodes and queues of the cluster may do at any time."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from taskyard.api.names import LABEL_ATTEMPT, LABEL_RUN_UID
from taskyard.api.report import Report
from taskyard.api.resource import rfc3339
from tests.core.builders import a_failure, a_success

from .pods import deleted_pod, ended_job, finished, has_succeeded, job_owner, pod_of, running
from .setting import GRACE
from .world import World

SUSPENDED = {"conditions": [{"type": "Suspended", "status": "True"}]}
"""What the Job controller says of a Job that is held, until it has come to it after that."""


class ClusterRules(World):
    """The cluster's rules."""

    @rule()
    def controllers_pass(self) -> None:
        """The Job controller and the garbage collector each do one thing of what is due."""
        self.truth.collect_garbage()
        for job in list(self.truth.jobs.values()):
            if ended_job(job) or "deletionTimestamp" in job["metadata"]:
                continue
            pods = self.truth.pods_of_job(job)
            if job["spec"].get("suspend"):
                self.truth.put_job({**job, "status": {**job["status"], **SUSPENDED}})
                continue
            if not pods and not job.get("had_pod"):
                self.truth.put_pod(pod_of(job, self.truth.next_version()))
                was_held = "conditions" in job["status"]
                begun = {"startTime": rfc3339(self.truth.now)} if was_held else job["status"]
                self.truth.put_job({**job, "had_pod": True, "status": begun})
            elif not pods or finished(pods[0]):
                kind = "Complete" if pods and has_succeeded(pods[0]) else "Failed"
                said = {"conditions": [{"type": kind, "status": "True"}]}
                self.truth.put_job({**job, "status": {**job["status"], **said}})

    @precondition(lambda self: self.jobs_that_run())
    @rule()
    def a_queue_holds_the_job_or_lets_it_go(self) -> None:
        """Let go only when the pods are gone, as `podReplacementPolicy: Failed` would have it.

        The queue changes the spec, and what follows for the status is for the Job controller to say.
        """
        job = self.jobs_that_run()[0]
        suspended = job["spec"].get("suspend", False)
        if suspended and self.truth.pods_of_job(job):
            return
        spec = {**job["spec"], "suspend": not suspended}
        self.truth.put_job({**job, "spec": spec, "had_pod": False})
        if suspended and "conditions" in job["status"]:
            self.truth.history.let_go[job_owner(job)] = self.truth.now

    @precondition(lambda self: not all(map(deleted_pod, self.pods_that("Pending"))))
    @rule(how=st.sampled_from(["unschedulable", "waiting", "running", "running", "never_started"]))
    def a_pod_gets_on(self, how: str) -> None:
        pod = min(self.pods_that("Pending"), key=deleted_pod)
        match how:
            case "unschedulable":
                self.truth.put_pod(pod.set("status", "conditions", to=[]).unschedulable())
            case "waiting":
                waiting = pod.waiting("ImagePullBackOff", "no such image")
                self.truth.put_pod(waiting.placed(self.truth.now))
            case "running":
                self.truth.put_pod(pod.running(self.truth.now))
            case "never_started":
                never_started = pod.never_started("no such program")
                self.truth.put_pod(never_started.ending_at(self.truth.now))

    @precondition(lambda self: self.pods_that("Running"))
    @rule(
        report=st.sampled_from([a_success(), a_success(), a_failure("TaskError"), "", "[", "{}"]),
        stored=st.sampled_from([True, True, False]),
    )
    def a_task_ends(self, report: Report | str, stored: bool = True) -> None:
        """A result that it reports may not be `stored`."""
        pod = min(self.pods_that("Running"), key=deleted_pod)
        succeeded = isinstance(report, Report) and report.outcome == "Succeeded"
        if succeeded:
            labels = pod["metadata"]["labels"]
            self.truth.history.succeeded.add(labels[LABEL_RUN_UID])
            if stored:
                place = labels[LABEL_RUN_UID], int(labels[LABEL_ATTEMPT])
                self.truth.history.results.add(place)
        ended = pod.terminated(0 if succeeded else 1, report)
        self.truth.put_pod(ended.ending_at(self.truth.now))

    @precondition(lambda self: self.pods_that("Running", "Pending"))
    @rule(
        how=st.sampled_from(
            ["OOMKilled", "evicted", "node lost", "node dead", "rebooted", "deleted", "forced"]
        )
    )
    def a_pod_is_hit(self, how: str) -> None:
        pod = self.pods_that("Running", "Pending")[0]
        until = self.truth.now + GRACE
        match how:
            case "OOMKilled" if running(pod):
                killed = pod.terminated(137, reason="OOMKilled")
                self.truth.put_pod(killed.ending_at(self.truth.now))
            case "rebooted" if running(pod):
                forgotten = pod.terminated(137, reason="ContainerStatusUnknown")
                self.truth.put_pod(forgotten.ending_at(self.truth.now))
            case "evicted":
                self.truth.put_pod(pod.evicted().with_condition("DisruptionTarget"))
            case "node lost":
                lost = pod.with_condition("DisruptionTarget", message="its node is gone")
                self.truth.put_pod(lost.in_phase("Failed").being_deleted(until))
            case "node dead":
                self.truth.put_pod(pod.being_deleted(until).set("dead", to=True))
            case "forced":
                self.truth.remove_pod(pod["metadata"]["name"])
            case _ if not deleted_pod(pod):
                self.truth.put_pod(pod.being_deleted(until))

    @precondition(lambda self: self.pods_to_end())
    @rule(told=st.booleans())
    def the_kubelet_ends_a_deleted_pod(self, told: bool) -> None:
        self.end_pod(self.pods_to_end()[0], told=told)

    def kubelets_end_what_is_deleted(self) -> None:
        while self.pods_to_end():
            self.the_kubelet_ends_a_deleted_pod(told=True)
