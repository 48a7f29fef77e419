"""The one service of the machine's world, and how patient that world is."""

from datetime import timedelta
from typing import Any

from taskyard.api.taskservice import Backoff, Deadlines, Retention, Retries
from taskyard_operator.ports import Key
from tests.core.builders import a_service

KEY = Key("team", "call-7")
LIMIT, DISRUPTIONS = 1, 2
MOST_ATTEMPTS = 1 + LIMIT + DISRUPTIONS
QUEUE_LIMIT = timedelta(seconds=3600)
START_LIMIT = timedelta(seconds=600)
KEPT = 3600
"""How many seconds a run is kept that has ended."""
SERVICE = a_service().having(
    retries=Retries(limit=LIMIT, disruptions=DISRUPTIONS, backoff=Backoff(initial=10, max=60)),
    deadlines=Deadlines(queue=3600, start=600, run=1200),
    retention=Retention(task_run=KEPT),
)
QUEUE_LIMIT_EDITED, KEPT_EDITED = timedelta(seconds=30), 60
EDITED: dict[str, Any] = {
    "retries": Retries(limit=0, disruptions=1, backoff=Backoff(initial=60, max=60)),
    "deadlines": Deadlines(queue=30, start=600, run=300),
    "retention": Retention(task_run=KEPT_EDITED),
    "cancel_grace": 0,
}
"""What its owner may make of it for a while. The next attempt is due after its queue deadline."""
GRACE = timedelta(seconds=30)
"""How long a pod that is being deleted may go on."""
ARCHIVE_PATIENCE = timedelta(minutes=2)
CLOCK_ERROR = timedelta(seconds=30)
"""How far the clock of a leader may be off: less than `NODE_PATIENCE`, which is there for that, too."""
