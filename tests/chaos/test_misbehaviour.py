"""What only a container, or only a run past the gateway, can come to; tests/conformance has the rest."""

from __future__ import annotations

from tests.chaos.cases import planned
from tests.chaos.yard import Yard

GUARANTEED = {"cpu": "500m", "memory": "100Mi"}
"""Else the kernel's choice of whom to kill would be settled before the task can change it."""

all_too_large = planned(
    "all-too-large",
    "take_the_runner_along",
    arguments={"mebibytes": 300},
    service={"resources": {"requests": GUARANTEED, "limits": GUARANTEED}},
)
misspelt = planned(
    "misspelt", "echo", arguments={"text": 5},
    service={"retries": {"limit": 2, "backoff": {"initial": 1, "factor": 1, "max": 1}}},
)  # fmt: skip


def test_where_the_whole_container_is_killed_for_memory_it_is_said(yard: Yard) -> None:
    run = yard.ended(all_too_large)

    assert run.end == ("Failed", "OutOfMemory")
    assert run.message.startswith(
        "The task, or a child of it, was killed for using more memory than its limit."
    )
    assert run.reasons == ["OutOfMemory"]


def test_an_input_that_no_gateway_has_checked_is_refused_and_never_tried_again(yard: Yard) -> None:
    run = yard.ended(misspelt)

    assert run.end == ("Failed", "InvalidInput")
    assert run.message.startswith("text: Input should be a valid string")
    assert run.reasons == ["InvalidInput"]
