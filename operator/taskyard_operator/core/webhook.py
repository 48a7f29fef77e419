"""What is sent to a callback: one phase of a run, as JSON in the form of Standard Webhooks."""

import json
from dataclasses import dataclass

from taskyard.api.callback import Delivery
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.document import task_document


@dataclass(frozen=True, slots=True)
class Webhook:
    """A message, and where it goes. Its id is the same however often the phase of the run is told."""

    id: str
    url: str
    body: str


def webhook_of(run: TaskRun, url: str, delivery: Delivery) -> Webhook:
    """The message that tells of a phase of a run: the run as it stands now."""
    event = str(delivery.phase).lower()
    body = {
        "type": f"task.{event}",
        "timestamp": rfc3339(delivery.since),
        "data": task_document(run),
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Webhook(f"{run.metadata.uid}-{event}", url, text)
