"""Commands that look, against a server of this machine."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.controller.processes import free_port

from .calling import Taskyard

TASK = "image-generation.long_running_image_generation"


def test_services_are_listed_with_their_tasks(taskyard: Taskyard) -> None:
    head, row = taskyard("services").out.splitlines()

    assert head.split() == ["NAME", "STATE", "TASKS"]
    assert row.startswith("image-generation  Ready  long_running_image_generation, describe")
    assert taskyard("services", "-o", "name").line == "image-generation"


def test_one_service_tells_the_schemas_of_its_tasks(taskyard: Taskyard) -> None:
    told = yaml.safe_load(taskyard("services", "image-generation", "-o", "yaml").out)

    assert told["tasks"][0]["input"]["required"] == ["prompt"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["services", "nobody"], "nobody"),
        (["get", "nobody"], "task_id not found"),
        (["explain", "nobody"], "task_id not found"),
        (["logs", "nobody"], "task_id not found"),
        (["events", "nobody"], "task_id not found"),
        (["wait", "nobody"], "task_id not found"),
        (["result", "nobody"], "task_id not found"),
        (["cancel", "nobody"], "task_id not found"),
        (["retry", "nobody"], "task_id not found"),
        (["delete", "nobody"], "task_id not found"),
    ],
)
def test_what_is_not_there_is_said(taskyard: Taskyard, arguments: list[str], sentence: str) -> None:
    done = taskyard.call(*arguments)

    assert done.code == 4
    assert sentence in done.err
    assert done.out == ""


def test_a_gateway_that_is_not_there_is_said() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    done = Taskyard().call("services", "--url", url)

    assert done.code == 3
    assert done.err == f"Error: no answer from {url}/v1/services: connection refused\n"


def test_what_is_no_gateway_is_said(taskyard: Taskyard) -> None:
    url = taskyard.environment["TASKYARD_URL"]

    done = taskyard.call("services", "--url", f"{url}/services/image-generation")

    assert done.code == 4
    assert "There is nothing at /services/image-generation/v1/services" in done.err


def test_the_doctor_finds_nothing_wrong(taskyard: Taskyard) -> None:
    told = taskyard("doctor").out

    subjects = [line.split()[1].rstrip(":") for line in told.splitlines()]
    assert subjects == ["taskyard", "gateway", "clock", "version", "services", "storage"]
    assert all(line.startswith("ok ") for line in told.splitlines())


def test_the_doctor_says_what_to_do(taskyard: Taskyard) -> None:
    done = taskyard.call("doctor", "--url", f"http://127.0.0.1:{free_port()}")

    assert done.code == 1
    assert "wrong    gateway: no answer from" in done.out
    assert "→ Start one with `taskyard serve`, or correct --url" in done.out


def test_tasks_are_found_by_what_is_asked_for(taskyard: Taskyard) -> None:
    first = taskyard("submit", TASK, "prompt=a hill", "--label", "set=hills").line
    second = taskyard("submit", TASK, "prompt=a lake", "--label", "set=lakes").line

    by_label = taskyard("list", "--label", "set=hills", "-o", "json").out
    named = taskyard("list", "--label", "set=lakes", "-o", "name")

    assert [task["id"] for task in json.loads(by_label)["items"]] == [first]
    assert named.line == second
    assert taskyard("list", "--limit", "1", "-o", "name").line == second


def test_a_list_goes_over_pages(taskyard: Taskyard) -> None:
    label = ("--label", "set=pages")
    made = {taskyard("submit", TASK, "prompt=x", *label).line for _ in range(3)}

    assert set(taskyard("list", *label, "-o", "name").out.split()) == made
