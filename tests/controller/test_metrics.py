"""What a controller tells Prometheus, and what it says while the API server is away."""

from __future__ import annotations

import signal

from .conftest import Team
from .line import Line
from .processes import Controller, Controllers, until

TERMINAL = {"Succeeded", "Failed", "Cancelled"}


def counted(controller: Controller, name: str, **labels: str) -> float:
    return controller.scrape().value(name, **labels)


def test_runs_that_end_are_counted_and_a_new_process_begins_at_zero(
    team: Team, controllers: Controllers
) -> None:
    controller = controllers.start(enabled=False)
    until(controller.leads, "it works")
    team.submit("a", "b", "c")
    team.submit("late", deadlines={"start": 1})
    team.submit("lost", service="made-up")
    until(lambda: {"a-1", "b-1", "c-1"} <= team.jobs(), "the runs of a service have their Jobs")
    told = controller.scrape()
    assert told.value("taskyard_runs_present") == 5
    assert told.value("taskyard_leader") == 1

    team.cancel("a", "b", "lost")
    ended = {"a", "b", "late", "lost"}
    until(
        lambda: all(team.phases()[name] in TERMINAL for name in ended),
        "all but one have ended",
    )
    until(lambda: counted(controller, "taskyard_runs_total") == 4, "all of them are counted")

    ours = {"namespace": team.namespace, "service": "greedy", "task": "greet"}
    told = controller.scrape()
    assert told.value("taskyard_runs_total", **ours, phase="Cancelled", reason="Cancelled") == 2
    assert told.value("taskyard_runs_total", **ours, reason="StartDeadlineExceeded") == 1
    assert told.value("taskyard_runs_total", service="", task="", phase="Cancelled") == 1
    assert (
        told.value("taskyard_api_requests_total", verb="create", resource="jobs", code="201") == 4
    )
    assert told.value("taskyard_api_requests_total", resource="taskruns/status", code="200") >= 4
    assert told.value("taskyard_store_requests_total", operation="put", outcome="done") >= 4
    assert told.value("taskyard_reconcile_seconds_count") >= 5
    heard = {labels["resource"] for labels, _ in told.samples("taskyard_watch_silence_seconds")}
    assert {"taskruns", "taskservices", "jobs"} <= heard
    assert told.value("process_resident_memory_bytes") > 0

    controller.send(signal.SIGTERM)
    assert controller.ended() == 0
    after = controllers.start(enabled=False)
    until(after.leads, "the next one works")
    until(lambda: counted(after, "taskyard_runs_present") == 5, "it has seen all runs")
    assert counted(after, "taskyard_runs_total") == 0


def test_one_that_stands_by_tells_that_it_does_not_lead(
    team: Team, controllers: Controllers
) -> None:
    first = controllers.start()
    until(first.leads, "the first one leads")
    second = controllers.start()
    until(second.stands_by, "the second one stands by")

    assert [counted(each, "taskyard_leader") for each in (first, second)] == [1, 0]
    first.send(signal.SIGTERM)
    until(lambda: counted(second, "taskyard_leader") == 1, "the second one leads")


def test_a_port_that_is_taken_costs_the_metrics_and_no_more(
    team: Team, controllers: Controllers
) -> None:
    first = controllers.start(enabled=False)
    until(first.leads, "it works")

    second = controllers.start(metrics_port=first.metrics_port)

    until(second.leads, "the other one works as well")
    assert f"no metrics: port {first.metrics_port} cannot be used" in second.log


def test_that_the_api_server_is_away_is_said_once_and_it_is_no_reason_to_start_anew(
    team: Team, controllers: Controllers, line: Line
) -> None:
    controller = controllers.start(line.kubeconfig, resync=10, enabled=False)
    until(controller.leads, "it works")

    line.close()
    until(lambda: "work is held up" in controller.log, "it says that it is held up")
    tried = counted(controller, "taskyard_api_requests_total", code="<error>")
    until(
        lambda: counted(controller, "taskyard_api_requests_total", code="<error>") >= tried + 2,
        "it tries again and again",
    )
    assert controller.leads()
    line.open()
    until(lambda: "work goes on, after" in controller.log, "it says that it goes on")

    team.submit("call")
    until(lambda: team.jobs() == {"call-1"}, "the run has its Job")
    ours = [text for text in controller.log.splitlines() if " taskyard_operator." in text]
    assert len([text for text in ours if " WARNING " in text]) == 1
