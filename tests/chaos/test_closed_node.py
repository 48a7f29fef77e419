"""A node takes no pods for a while, as one that is tainted, and gives up those it has: it is drained."""

from __future__ import annotations

import pytest

from tests.chaos.cases import Case
from tests.chaos.happenings import until_begun
from tests.chaos.test_loss import FORGIVING
from tests.chaos.yard import Yard
from tests.cluster.layout import NODE_NAME

TAINT = "example.com/reserved=yes:NoSchedule"
DRAINED = Case("drained", "hold", {"seconds": 300, "attempts": 1}, service=FORGIVING)
UNWELCOME = Case("unwelcome", "echo", {"text": "at last"})


@pytest.fixture(scope="module")
def reopened(yard: Yard) -> Yard:
    """The node was tainted and drained, and is as before."""
    kubectl = yard.installation.kubectl
    yard.until_quiet()
    yard.submit(DRAINED)
    until_begun(yard, DRAINED.name)
    try:
        kubectl("taint", "node", NODE_NAME, TAINT)
        yard.submit(UNWELCOME)
        yard.until(UNWELCOME, reason="Unschedulable")
        ours = f"--pod-selector=taskyard.dev/run={DRAINED.name}"
        kubectl("drain", NODE_NAME, ours, "--delete-emptydir-data", "--timeout=60s")
        yard.until(DRAINED, attempt=2, reason="Unschedulable")
    finally:
        kubectl("uncordon", NODE_NAME)
        kubectl("taint", "node", NODE_NAME, f"{TAINT}-")
    return yard


def test_a_pod_waits_for_a_node_whose_taints_it_tolerates_and_says_so(reopened: Yard) -> None:
    run = reopened.ended(UNWELCOME)

    _, waiting = run.first_with(phase="Starting", reason="Unschedulable")
    assert "untolerated taint" in waiting["message"]
    assert (run.end, run.pods()) == (("Succeeded", ""), [1])


def test_what_ran_on_a_node_that_was_drained_runs_again_once_there_is_one(reopened: Yard) -> None:
    run = reopened.ended(DRAINED)

    assert (run.end, run.reasons) == (("Succeeded", ""), ["Disrupted", ""])
    assert run.pods() == [1, 2]
    assert "Eviction API" in run.attempts[0]["message"]
