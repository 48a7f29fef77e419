"""The index by which expired data is found: one empty object per run, in a folder per hour.

    _expiry/<YYYY-MM-DDTHH>/<namespace>/<entry>    the marker of a run that has ended
    _expiry/<YYYY-MM-DDTHH>/<namespace>/<run>      the marker of a run whose entry nobody knows
    _expiry/<YYYY-MM-DDTHH>/<namespace>/_deleted/<run>/<uid>    its caller has deleted this very run
    <namespace>/<run>/held/<YYYY-MM-DDTHH>         its input is needed until then by a retry of it

The hour is the one (in UTC) in which the data expires, so that nobody ever has to list all runs. No
namespace begins with an underscore, so the index and the runs never meet. The entry is the one by which
the run is listed (`core/listed.py`), and goes with its data; no name of a run has an underscore.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from taskyard.api.names import created_at_of_name
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.keys import input_key, run_prefix
from taskyard_operator.core.listed import Entry

INDEX = "_expiry"

MARGIN = timedelta(minutes=15)
"""Data stays at least so long after it has expired: a retry that was accepted just before is seen by then."""

_DELETED = "_deleted"
"""Not just below the run's name: on a file system a marker of the run itself would be in the way."""

_HOUR = "%Y-%m-%dT%H"


_STRAGGLING = timedelta(hours=1)
"""For so long after the deletion of a run its pods, or a controller, may still store something of it."""


def hour_of(expires_at: datetime) -> str:
    """The folder of the index for data that expires at that time."""
    return (expires_at.astimezone(UTC) + MARGIN).strftime(_HOUR)


def hour_of_stragglers(deleted_at: datetime) -> str:
    """The folder of the index for what may still come of a run that was deleted at that time."""
    return hour_of(deleted_at + _STRAGGLING)


def is_past(hour: str, now: datetime) -> bool:
    """Whether the whole of an hour has gone by; False for what is no name of an hour."""
    try:
        begins = datetime.strptime(hour, _HOUR).replace(tzinfo=UTC)
    except ValueError:
        return False
    return begins + timedelta(hours=1) <= now


class Due(NamedTuple):
    """Whose data a marker tells of: a run, and the entry by which it is listed, if that is known."""

    namespace: str
    run: str
    entry: Entry | None = None


def marker_key(hour: str, namespace: str, run: str | Entry) -> str:
    """The marker that says: look at this run when the hour is past."""
    return f"{INDEX}/{hour}/{namespace}/{run.name if isinstance(run, Entry) else run}"


def due_by(marker: str) -> Due | None:
    """What a marker tells of; None where the key is none."""
    match marker.split("/"):
        case [index, _, namespace, name] if index == INDEX and namespace and name:
            entry = Entry.from_name(name)
            return Due(namespace, entry.run if entry else name, entry)
    return None


class Deleted(NamedTuple):
    """A run that its caller has deleted."""

    namespace: str
    run: str
    uid: str


def deletion_marker(hour: str, deleted: Deleted) -> str:
    """The marker that says: look when the hour is past if there is a record of this run all the same."""
    namespace, run, uid = deleted
    return f"{INDEX}/{hour}/{namespace}/{_DELETED}/{run}/{uid}"


def deleted_by(marker: str) -> Deleted | None:
    """The run of whose deletion a marker tells; None where it is none of those."""
    match marker.split("/"):
        case [index, _, namespace, deleted, run, uid] if (index, deleted) == (INDEX, _DELETED):
            return Deleted(namespace, run, uid)
    return None


def held_key(namespace: str, run: str, hour: str) -> str:
    """The object that keeps the input of a run until the hour is past."""
    return f"{run_prefix(namespace, run)}/held/{hour}"


def held_until(namespace: str, run: str, key: str) -> str | None:
    """The hour until which an object among those of a run keeps its input; None for all others."""
    prefix = held_key(namespace, run, "")
    return key.removeprefix(prefix) if key.startswith(prefix) else None


def lender_of(run: TaskRun) -> str | None:
    """The run whose stored input this one uses, as a retry does; None where it uses its own or none.

    Only the gateway stores inputs, below ids of its own making. What else a key may name was put
    there by somebody else, and is nobody's to delete.
    """
    stored = run.spec.input.object
    if stored is None:
        return None
    name = stored.key.removesuffix("/input").rpartition("/")[2]
    if stored.key != input_key(run.metadata.namespace, name) or name == run.metadata.name:
        return None
    return name if created_at_of_name(name) else None
