"""The API server hangs for a while: what runs goes on, and all that was accepted ends as it should.

THIS STOPS A SHARED PART: everybody who uses the test cluster is without an API server meanwhile.
"""

from __future__ import annotations

import time

import pytest

from tests.chaos.cases import Case
from tests.chaos.happenings import until_begun
from tests.chaos.yard import Yard
from tests.cluster.processes import Process, stopped

AWAY = 20.0


def test_ten_tasks_end_well_though_the_api_server_hangs_in_the_midst_of_them(yard: Yard) -> None:
    server = Process("kube-apiserver").pid()
    if server is None:
        pytest.skip("the API server is no process of this machine")
    failing = {"retries": {"limit": 1, "backoff": {"initial": 5, "factor": 1, "max": 5}}}
    short = [Case(f"api-away-short-{n}", "hold", {"seconds": 8}) for n in range(4)]
    long = [Case(f"api-away-long-{n}", "hold", {"seconds": 30}) for n in range(2)]
    retried = [
        Case(f"api-away-retried-{n}", "stumble", {"failures": 1}, service=failing) for n in range(3)
    ]
    late = Case("api-away-late", "hold", {"seconds": 300}, deadlines={"run": 10})
    yard.submit(*short, *long, *retried, late)
    for case in [*short, *long, late]:
        until_begun(yard, case.name)

    with stopped(server):
        time.sleep(AWAY)

    for case in [*short, *long]:
        run = yard.ended(case)
        assert (run.end, run.pods()) == (("Succeeded", ""), [1]), case.name
    for case in retried:
        run = yard.ended(case)
        assert (run.end, run.pods()) == (("Succeeded", ""), [1, 2]), case.name
    run = yard.ended(late)
    assert (run.end, run.pods()) == (("Failed", "RunDeadlineExceeded"), [1])
