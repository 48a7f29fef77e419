"""An attempt from when it is lined up to the end of its run, and how it is observed."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from taskyard.api.names import CONTAINER, LABEL_ATTEMPT, LABEL_RUN, LABEL_RUN_UID
from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.report import Report
from taskyard_operator.core.attempt import Attempt, Stage, Waiting
from taskyard_operator.core.observation import observe
from taskyard_operator.local.attempt_folder import AttemptCard
from taskyard_operator.local.runner_process import Exit, RunnerProcess

NODE = "this-machine"
"""What stands for the node in an attempt's record."""


@dataclass(frozen=True, slots=True)
class End:
    """How and when its process ended, and what its runner said of it. No `exit`: its server died with it."""

    exit: Exit | None
    at: datetime
    report: str


@dataclass
class LocalJob:
    """One attempt on this machine. `noting` is held while its card is written: one state after another.

    One that is `hopeless` needs more than the machine has. To wait for what others use is to wait for a turn;
    this one has had its turn, and waits to be started, as a pod does that fits no node.
    """

    card: AttemptCard
    hopeless: bool = False
    gpus: tuple[str, ...] = ()
    process: RunnerProcess | None = None
    end: End | None = None
    gone_by: datetime | None = None
    why_waiting: str = "It is about to be started."
    noting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def runs(self) -> bool:
        """Whether it has a process."""
        return self.process is not None and self.end is None

    @property
    def waits(self) -> bool:
        """Whether it is still to be started."""
        return self.process is None and self.end is None

    def observed(self) -> Attempt:
        """The attempt as it stands, by the rules that hold for a pod."""
        if not self.waits and (attempt := observe(None, self._as_pod())):
            return attempt
        return Attempt(
            number=self.card.number,
            owner=self.card.owner,
            job=self.card.job,
            stage=Stage.WAITING,
            created_at=self.card.created_at,
            pod=self.card.job if self.hopeless else None,
            admitted_at=self.card.created_at if self.hopeless else None,
            waiting=Waiting(WaitingReason.UNSCHEDULABLE, self.why_waiting),
        )

    def _as_pod(self) -> dict[str, Any]:
        """The pod that it would be in a cluster."""
        card = self.card
        created, began = _written(card.created_at), _written(card.started_at or card.created_at)
        labels = {LABEL_RUN: card.run, LABEL_RUN_UID: card.owner, LABEL_ATTEMPT: str(card.number)}
        metadata = {"name": card.job, "labels": labels, "creationTimestamp": created}
        if self.gone_by:
            metadata["deletionTimestamp"] = _written(self.gone_by)
        state = _terminated(self.end, began) if self.end else {"running": {"startedAt": began}}
        container = {"name": CONTAINER, "state": state}
        status = {"startTime": began, "containerStatuses": [container]}
        if self.end and self.end.exit is None:
            status["message"] = "its server was ended while it ran"
        return {"metadata": metadata, "spec": {"nodeName": NODE}, "status": status}


def report_of_none(error: OSError) -> str:
    """What a runner that could not be started would have reported."""
    message = f"The runner could not be started: {error}."
    return Report(Phase.FAILED, Reason.PROCESS_CRASHED, message).to_json()


def _terminated(end: End, began: str) -> dict[str, Any]:
    reason = "Completed"
    if end.exit is None:
        reason = (
            "ContainerStatusUnknown"  # The kubelet's word for one that a node's death has ended.
        )
    elif end.exit.out_of_memory:
        reason = "OOMKilled"
    return {
        "terminated": {
            "exitCode": end.exit.code if end.exit else 137,
            "reason": reason,
            "message": end.report,
            "startedAt": began,
            "finishedAt": _written(end.at),
        }
    }


def _written(when: datetime) -> str:
    """With its fractions, which the kubelet does not tell, and which are all that many a task lasts."""
    return when.astimezone(UTC).isoformat()
