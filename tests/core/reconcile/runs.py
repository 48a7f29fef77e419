"""Times, runs and services that many cases of `reconcile` are about."""

from datetime import timedelta

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import AttemptRecord
from taskyard.api.taskservice import Backoff, Deadlines, Retries
from taskyard.api.taskservice import Retention as RetentionSpec
from taskyard_operator.core.plan import Plan, StopAttempt
from tests.core.builders import CREATED, FINISHED, NOW, STARTED, a_run, a_service, an_attempt

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
QUEUE_DUE = CREATED + 7 * DAY
START_DUE = CREATED + timedelta(hours=1)
RUN_DUE = STARTED + DAY
"""When the deadlines run out that hold where nobody says anything."""
STOP = StopAttempt(1)
CONFIRM = Plan(confirm=True, look_again_at=QUEUE_DUE)
LOST_FIRST = AttemptRecord(
    number=1, job="call-7-1", reason=Reason.DISRUPTED, finished_at=FINISHED, message="evicted"
)
BETWEEN = a_run().in_phase(
    Phase.QUEUED, reason=WaitingReason.BACKING_OFF, attempt=1, attempts=[LOST_FIRST]
)
"""A run whose first attempt was lost."""
FOREIGN = a_run().with_object("other/secret")
LARGE = a_run().with_inline(text="x" * (8193 - len('{"text":""}')))
ONCE = a_service().having(retries=Retries(disruptions=0))
"""A service of which nothing is tried again."""
RETRYING = a_service().having(
    retries=Retries(limit=1, disruptions=1, backoff=Backoff(initial=20, max=20))
)
SHORT = a_service().having(retention=RetentionSpec(task_run=10))
"""A service whose runs are to be deleted NOW, if they ended at FINISHED."""
MINUTES = a_service().having(deadlines=Deadlines(queue=60, start=120, run=180))
PULLING = (
    an_attempt()
    .on_pod()
    .placed(NOW)
    .waiting_for(WaitingReason.PULLING_IMAGE, "no such image", timedelta(seconds=60))
)
