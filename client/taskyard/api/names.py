"""Names that more than one part of Taskyard must spell alike: API group, labels, Job names, run ids."""

import re
import secrets
from datetime import UTC, datetime

GROUP = "taskyard.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGED_BY = "taskyard"
MANAGED_BY_SELECTOR = f"{LABEL_MANAGED_BY}={MANAGED_BY}"
LABEL_RUN = f"{GROUP}/run"
LABEL_RUN_UID = f"{GROUP}/run-uid"
LABEL_SERVICE = f"{GROUP}/service"
LABEL_TASK = f"{GROUP}/task"
LABEL_ATTEMPT = f"{GROUP}/attempt"
LABEL_IDEMPOTENCY = f"{GROUP}/idempotency"
"""On a TaskRun: what stands for the Idempotency-Key with which it was asked for."""

MAX_RUN_NAME = 52
"""Longest name of a TaskRun: a Job is called `<run>-<attempt>`, whose name must fit a label (63)."""

MAX_MESSAGE_BYTES = 1024
"""Longest message in a status, in UTF-8 bytes (the bound that the Kubernetes API conventions advise)."""

MAX_INLINE_BYTES = 8 * 1024
"""Largest inline input, in bytes of JSON; anything larger belongs in object storage, never in etcd."""

MAX_INLINE_ARGUMENTS = 64
"""Most arguments of an inline input."""

MAX_CONTENT_TYPE = 255
"""Longest content type of a stored object, in characters."""

CONTAINER = "task"
"""The name of the container that runs the task; a `podTemplate` overlay addresses it by this name."""


def job_name(run: str, attempt: int) -> str:
    """The one name that attempt `attempt` (from 1) of a run can have, so that it cannot be started twice."""
    return f"{run}-{attempt}"


def label_value(name: str) -> str:
    """A name as a label can carry it: those must begin and end with a letter or a digit."""
    return name.strip("_.-")


def new_run_name(now: datetime) -> str:
    """A new id: 32 lower-case hexadecimal digits that sort by time.

    The layout is UUID version 7 (RFC 9562, section 5.7) without its hyphens: 48 bits of milliseconds
    since 1970, then version, variant and 74 random bits.
    """
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    random = secrets.randbits(74)
    value = milliseconds << 80 | 7 << 76 | random >> 62 << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return f"{value:032x}"


_RUN_ID = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")


def created_at_of_name(name: str) -> datetime | None:
    """When `new_run_name` made this id, in UTC; None for a name that is none of its making."""
    if not _RUN_ID.fullmatch(name):
        return None
    try:
        return datetime.fromtimestamp(int(name[:12], 16) / 1000, UTC)
    except (OverflowError, ValueError):  # 48 bits reach further than the calendar
        return None


def bounded(message: str, limit: int = MAX_MESSAGE_BYTES) -> str:
    """`message` cut to `limit` bytes of UTF-8, with an ellipsis where something was cut."""
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return encoded.decode("utf-8")
    return encoded[: limit - 3].decode("utf-8", "ignore") + "…"
