"""What people and selectors see of the resources."""

import pytest

from tests.api.constraints.manifests import RUNS, SERVICES, a_service
from tests.cluster.commands import CommandError
from tests.cluster.kubectl import Kubectl
from tests.core.tables import table


@table(
    {
        "of a service": ("spec.service=summarizer", 7),
        "of another service": ("spec.service=other", 0),
        "in a phase": ("status.phase=Running", 1),
        "in another phase": ("status.phase!=Running", 6),
        "of a service, in a phase": ("spec.service=summarizer,status.phase=Failed", 1),
    }
)
def test_runs_are_selected(api: Kubectl, phases: str, case: tuple[str, int]) -> None:
    selector, number = case

    found = api.json("get", RUNS, "-n", phases, f"--field-selector={selector}")

    assert len(found["items"]) == number


def test_runs_are_not_selected_by_other_fields(api: Kubectl, phases: str) -> None:
    with pytest.raises(CommandError, match="field label not supported"):
        api("get", RUNS, "-n", phases, "--field-selector=spec.task=summarize")


def test_a_person_sees_where_a_run_stands(api: Kubectl, phases: str) -> None:
    head, row = api("get", RUNS, "in-failed", "-n", phases).splitlines()

    assert head.split() == ["NAME", "SERVICE", "TASK", "PHASE", "ATTEMPT", "REASON", "AGE"]
    assert row.split()[:6] == [
        *("in-failed", "summarizer", "summarize", "Failed", "2", "TaskError"),
    ]


def test_a_person_who_wants_more_sees_progress_node_and_message(api: Kubectl, phases: str) -> None:
    head, row = api("get", RUNS, "in-failed", "-n", phases, "-o", "wide").splitlines()

    assert head.split()[-3:] == ["NODE", "PROGRESS", "MESSAGE"]
    assert row.split()[-4:] == ["node-2", "it", "is", "so"]


def test_a_person_sees_the_tasks_of_a_service(api: Kubectl, place: str) -> None:
    api.apply(a_service("shown", tasks=[{"name": "a"}, {"name": "b"}]), namespace=place)

    head, row = api("get", SERVICES, "shown", "-n", place).splitlines()

    assert head.split() == ["NAME", "IMAGE", "TASKS", "AGE"]
    assert row.split()[:2] == ["shown", "i:1"]
    assert "a" in row.split()[2]


def test_both_kinds_are_listed_by_one_word(api: Kubectl, phases: str) -> None:
    api.apply(a_service("listed"), namespace=phases)

    names = api("get", "taskyard", "-n", phases, "-o", "name").split()

    assert {"taskservice.taskyard.dev/listed", "taskrun.taskyard.dev/in-none"} <= set(names)
