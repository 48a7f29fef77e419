"""What of a run's data may go when the hour of one of its markers is past; and so with a claim."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.claim import Claim
from taskyard_operator.core.expiry import Due, held_until, hour_of, is_past
from taskyard_operator.core.keys import input_key
from taskyard_operator.core.listed import Entry, listed_key


@dataclass(frozen=True, slots=True)
class Swept:
    """The keys to delete, and whether the marker may go after them: else it is looked at again."""

    keys: tuple[str, ...]
    done: bool

    def with_entry(self, due: Due, kept: TaskRun | None) -> "Swept":
        """This, and the entry that the marker tells of; `kept` is the run that the record tells of.

        An entry goes with the data, and also where the data is another's now who has the name. It stays
        where the marker is an old one of just the run whose data stays.
        """
        stays = self is SUPERSEDED and kept is not None and Entry.of(kept) == due.entry
        if due.entry is None or self is NOT_YET or stays:
            return self
        return replace(self, keys=(*self.keys, listed_key(due.namespace, due.entry)))


NOT_YET = Swept((), done=False)
SUPERSEDED = Swept((), done=True)


def swept(
    namespace: str,
    run: str,
    keys: Sequence[str],
    now: datetime,
    *,
    expires_at: datetime | None,
    open_: bool,
    borrowed: bool,
) -> Swept:
    """Decide about one run, one of whose markers is due.

    Args:
        namespace: the namespace of the run.
        run: its name.
        keys: all objects below its prefix.
        now: the time.
        expires_at: what its record says; None where there is no record.
        open_: a TaskRun of this name exists and is not archived, so it is yet to write its own marker.
        borrowed: the TaskRun of a retry exists that uses this run's input.
    """
    if open_:
        return NOT_YET
    if expires_at and not is_past(hour_of(expires_at), now):
        return SUPERSEDED  # The name was used again, and the run that has it now has a marker of its own.
    hours = [hour for key in keys if (hour := held_until(namespace, run, key)) is not None]
    held = any(not is_past(hour, now) for hour in hours)
    if not borrowed and not held:
        return Swept(tuple(keys), done=True)
    kept = input_key(namespace, run)
    going = (key for key in keys if key != kept and held_until(namespace, run, key) is None)
    # Whoever holds the input has written a marker for the hour until which it does.
    return Swept(tuple(going), done=not borrowed)


def swept_claim(key: str, claim: Claim | None, now: datetime, *, open_: bool) -> Swept:
    """Decide about the claim in the object `key`, one of whose markers is due; None is one that is broken.

    As long as its run is open (it has not ended) a repeated request must find that.
    """
    if claim and not is_past(hour_of(claim.expires_at), now):
        return SUPERSEDED  # It was claimed again, and has a marker for that, too.
    if open_:
        return NOT_YET
    return Swept((key,), done=True)
