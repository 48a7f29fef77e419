"""Two controllers with a Lease: one works, the other takes over, and nothing is run twice."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Team
from .line import Line
from .processes import Controllers, until

SHORT: dict[str, Any] = {"leaseSeconds": 6, "renewSeconds": 2}
"""For tests that are not about the default times."""


def test_one_leads_and_the_other_is_well_and_does_nothing(
    team: Team, controllers: Controllers
) -> None:
    first = controllers.start()
    until(first.leads, "the first one leads")
    second = controllers.start()
    until(second.stands_by, "the second one stands by")

    team.submit("call")
    until(lambda: team.jobs() == {"call-1"}, "the run has its Job")

    assert first.leads()
    assert second.stands_by()
    assert team.holder() in first.log
    assert f"led by {team.holder()}; this process" in second.log


def test_after_the_death_of_the_leader_the_other_goes_on_within_20_seconds(
    team: Team, controllers: Controllers
) -> None:
    first = controllers.start()
    until(first.leads, "the first one leads")
    second = controllers.start()
    until(second.stands_by, "the second one stands by")
    team.submit("before")
    until(lambda: team.jobs() == {"before-1"}, "the run has its Job")

    first.send(signal.SIGKILL)
    team.submit("after")

    took = until(lambda: "after-1" in team.jobs(), "the next run has its Job", within=20)
    print(f"hand-over after SIGKILL: {took:.2f} s")
    assert second.leads()
    assert all(len(uids) == 1 for uids in team.jobs_seen.values())


def test_a_leader_that_is_told_to_end_lets_the_other_begin_within_2_seconds(
    team: Team, controllers: Controllers
) -> None:
    first = controllers.start()
    until(first.leads, "the first one leads")
    second = controllers.start()
    until(second.stands_by, "the second one stands by")

    first.send(signal.SIGTERM)

    took = until(second.leads, "the second one leads", within=2)
    print(f"hand-over after SIGTERM: {took:.2f} s")
    assert first.ended() == 0
    team.submit("after")
    until(lambda: "after-1" in team.jobs(), "the next run has its Job")


def test_the_last_one_leaves_a_lease_that_nobody_holds(
    team: Team, controllers: Controllers
) -> None:
    only = controllers.start()
    until(only.leads, "it leads")

    only.send(signal.SIGTERM)

    assert only.ended() == 0
    assert team.holder() == ""


def test_whoever_stands_by_ends_at_once_when_told(team: Team, controllers: Controllers) -> None:
    first = controllers.start()
    until(first.leads, "the first one leads")
    second = controllers.start()
    until(second.stands_by, "the second one stands by")
    holder = team.holder()

    second.send(signal.SIGTERM)

    assert second.ended(within=2) == 0
    assert team.holder() == holder


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(
            {"spec": {"holderIdentity": "intruder"}}, "the lease is held by intruder", id="taken"
        ),
        pytest.param({"spec": {"holderIdentity": None}}, "the lease is held by nobody", id="empty"),
    ],
)
def test_a_leader_whose_lease_was_taken_by_force_stops_and_says_so(
    team: Team, controllers: Controllers, change: dict[str, object], why: str
) -> None:
    leader = controllers.start()
    until(leader.leads, "it leads")

    team.kubectl(
        *("patch", "lease", "taskyard-controller", "-n", team.namespace),
        *("--type=merge", "-p", json.dumps(change)),
    )

    assert leader.ended(within=10) == 1
    last = leader.log.splitlines()[-1]
    assert last == f"taskyard controller: this process leads no more, because {why}"


def test_a_leader_whose_lease_was_deleted_stops_and_says_so(
    team: Team, controllers: Controllers
) -> None:
    leader = controllers.start(**SHORT)
    until(leader.leads, "it leads")

    team.kubectl("delete", "lease", "taskyard-controller", "-n", team.namespace)

    assert leader.ended(within=10) == 1
    assert leader.log.splitlines()[-1].endswith("because the lease was deleted")


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(Line.fall_silent, id="no answers"),
        pytest.param(Line.close, id="refused connections"),
    ],
)
def test_a_leader_without_an_api_server_stops_before_the_other_begins(
    team: Team, controllers: Controllers, line: Line, cut: Callable[[Line], None]
) -> None:
    first = controllers.start(kubeconfig=line.kubeconfig)
    until(first.leads, "the first one leads")
    second = controllers.start()
    until(second.stands_by, "the second one stands by")
    holder = team.holder()

    cut(line)

    assert first.ended(within=15) == 1
    assert team.holder() == holder
    assert not second.leads()
    assert first.log.splitlines()[-1].endswith("because the lease could not be renewed for 10 s")
    until(second.leads, "the second one leads", within=10)


def test_a_leader_that_was_frozen_while_the_other_took_over_stops_when_it_wakes(
    team: Team, controllers: Controllers
) -> None:
    first = controllers.start(**SHORT)
    until(first.leads, "the first one leads")
    second = controllers.start(**SHORT)
    until(second.stands_by, "the second one stands by")
    first.send(signal.SIGSTOP)
    until(second.leads, "the second one leads", within=12)
    team.submit("meanwhile")
    until(lambda: "meanwhile-1" in team.jobs(), "the run has its Job")

    first.send(signal.SIGCONT)

    assert first.ended(within=10) == 1
    assert "this process leads no more" in first.log.splitlines()[-1]
    assert second.leads()
    assert team.jobs() == {"meanwhile-1"}


def test_who_may_not_have_the_lease_says_why_and_ends(controllers: Controllers) -> None:
    candidate = controllers.start(namespace="there-is-no-such-namespace")

    assert candidate.ended() == 1
    assert 'namespaces "there-is-no-such-namespace" not found' in candidate.log.splitlines()[-1]


@pytest.mark.parametrize(
    ("election", "code", "said"),
    [
        pytest.param(
            {"leaseSeconds": 14},
            2,
            "leaseSeconds must be at least three times renewSeconds",
            id="no time for a second try to renew",
        ),
        pytest.param(
            {"namespace": None}, 1, "set controller.leaderElection.namespace", id="outside of a pod"
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(
    controllers: Controllers, election: dict[str, Any], code: int, said: str
) -> None:
    candidate = controllers.start(**election)

    assert candidate.ended() == code
    assert candidate.log.splitlines()[-1].endswith(said)


def test_thirty_runs_while_leaders_come_and_go_have_one_job_each(
    team: Team, controllers: Controllers
) -> None:
    names = [f"call-{number}" for number in range(30)]
    for _ in range(3):
        controllers.start(**SHORT)
    for number, ending in enumerate((signal.SIGKILL, signal.SIGTERM, signal.SIGKILL)):
        leader = controllers.leader()
        batch = names[number * 10 : number * 10 + 10]
        team.submit(*batch[:5])
        team.jobs()
        leader.send(ending)
        leader.process.wait()
        team.submit(*batch[5:])
        controllers.start(**SHORT)

    wanted = {f"{name}-1" for name in names}
    until(lambda: wanted <= team.jobs(), "each of them has its Job")

    _settle(team)
    assert team.jobs() == wanted
    assert {name: len(uids) for name, uids in team.jobs_seen.items()} == dict.fromkeys(wanted, 1)


def test_even_two_that_lead_at_the_same_time_run_nothing_twice(
    team: Team, controllers: Controllers
) -> None:
    names = [f"call-{number}" for number in range(30)]
    pair = [controllers.start(enabled=False) for _ in range(2)]
    for each in pair:
        until(each.leads, "both of them work")

    for begin in range(0, 30, 10):
        team.submit(*names[begin : begin + 10])
        team.jobs()

    wanted = {f"{name}-1" for name in names}
    until(lambda: wanted <= team.jobs(), "each of them has its Job")
    _settle(team)
    assert team.jobs() == wanted
    assert {name: len(uids) for name, uids in team.jobs_seen.items()} == dict.fromkeys(wanted, 1)
    assert all(each.leads() for each in pair)
    for each in pair:
        each.send(signal.SIGTERM)
    assert [each.ended() for each in pair] == [0, 0]


def _settle(team: Team) -> None:
    """Wait until every run has been looked at with its Job there: all are in phase Starting."""

    def starting() -> bool:
        team.jobs()
        return set(team.phases().values()) == {"Starting"}

    until(starting, "all runs are in phase Starting")
