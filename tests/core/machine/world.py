"""One run with all that can happen to it, and two leaders who both believe to be the only one."""

from datetime import datetime
from itertools import filterfalse
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from tests.core.builders import a_cancellation
from tests.core.manifests import APod

from .leader import Leader
from .pods import deleted_pod, ended_job, finished, gone_by, is_dead, running
from .truth import Truth


class World(RuleBasedStateMachine):
    """What the rules of people and of the cluster have in common."""

    def __init__(self) -> None:
        super().__init__()
        self.truth = Truth()
        self.both = [Leader("a"), Leader("b")]
        self.ends: dict[str, Any] = {}

    def time_comes(self, when: datetime) -> None:
        self.truth.now = when
        for pod in list(filter(deleted_pod, self.truth.pods.values())):
            if gone_by(pod) <= when and not is_dead(pod) and not finished(pod):
                self.end_pod(pod, told=False)
        for leader in self.both:
            leader.changes += 1

    def jobs_that_run(self) -> list[dict[str, Any]]:
        return [
            job
            for job in self.truth.jobs.values()
            if not ended_job(job) and "deletionTimestamp" not in job["metadata"]
        ]

    def pods_that(self, *phases: str) -> list[APod]:
        """The pods of which a kubelet can tell something."""
        pods = filterfalse(is_dead, self.truth.pods.values())
        return [pod for pod in pods if pod["status"]["phase"] in phases]

    def pods_to_end(self) -> list[APod]:
        pods = filter(deleted_pod, self.truth.pods.values())
        return [pod for pod in pods if not is_dead(pod)]

    def end_pod(self, pod: APod, *, told: bool) -> None:
        if running(pod):
            ended = pod.terminated(143, a_cancellation()) if told else pod.terminated(137)
            self.truth.put_pod(ended.ending_at(self.truth.now))
        else:
            self.truth.remove_pod(pod["metadata"]["name"])


def much_has_happened(world: World) -> bool:
    """Whether a rule may end it all: else most runs would end before they begin."""
    run = world.truth.run
    return run is not None and (world.truth.versions > 110 or run.status.terminal)
