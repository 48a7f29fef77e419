"""What goes with the data of a run when a marker is due: its entry in the list, and claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.claim import Claim, claim_key
from taskyard_operator.core.expiry import Due
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.sweep import NOT_YET, SUPERSEDED, Swept, swept_claim

from .builders import NOW, a_run
from .tables import table

DAY = timedelta(days=1)
ENDED = a_run().in_phase(Phase.FAILED)
ENTRY = Entry.of(ENDED)
DATA = Swept(("team/call-7/record",), done=True)
LISTED = listed_key("team", ENTRY)
CLAIM_KEY = claim_key("team", "ab" * 20)


@dataclass(frozen=True)
class Marked:
    """What was decided of the data, what the marker tells of, and the run that the record tells of."""

    decided: Swept
    want: tuple[str, ...]
    entry: Entry | None = ENTRY
    kept: TaskRun | None = None


@table(
    {
        "with the data": Marked(DATA, (*DATA.keys, LISTED)),
        "with nothing where the marker tells of none": Marked(DATA, DATA.keys, entry=None),
        "not before the data may go": Marked(NOT_YET, ()),
        "where another run has the name now": Marked(
            SUPERSEDED, (LISTED,), kept=a_run().in_phase(Phase.SUCCEEDED)
        ),
        "not where the run stays of which the marker is an old one": Marked(
            SUPERSEDED, (), kept=ENDED
        ),
    }
)
def test_an_entry_goes(case: Marked) -> None:
    due = Due("team", "call-7", case.entry)

    swept = case.decided.with_entry(due, case.kept)

    assert (swept.keys, swept.done) == (case.want, case.decided.done)


@dataclass(frozen=True)
class Claimed:
    claim: Claim | None
    want: Swept
    open_: bool = False


def until(days: int) -> Claim:
    return Claim("call-7", "fingerprint", NOW + days * DAY)


@table(
    {
        "goes when its hour is past": Claimed(until(-1), Swept((CLAIM_KEY,), done=True)),
        "goes where it is broken": Claimed(None, Swept((CLAIM_KEY,), done=True)),
        "stays while its run is open": Claimed(until(-1), NOT_YET, open_=True),
        "stays where it was made again": Claimed(until(1), SUPERSEDED),
        "that was made again stays though its run is open": Claimed(
            until(1), SUPERSEDED, open_=True
        ),
    }
)
def test_a_claim(case: Claimed) -> None:
    assert swept_claim(CLAIM_KEY, case.claim, NOW, open_=case.open_) == case.want
