"""The one service of the machine's world, and how patient that world is."""

from datetime import timedelta

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
GRACE = timedelta(seconds=30)
"""How long a pod that is being deleted may go on."""
ARCHIVE_PATIENCE = timedelta(minutes=2)
CLOCK_ERROR = timedelta(seconds=30)
"""How far the clock of a leader may be off: less than `NODE_PATIENCE`, which is there for that, too."""
