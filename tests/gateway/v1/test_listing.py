"""Lists of tasks: what they show, page by page, whether the TaskRun is there or only the record is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.core.tables import table
from tests.gateway.conftest import NewPlace, StartGateway, submitted
from tests.gateway.place import Place
from tests.gateway.process import Gateway
from tests.gateway.studio import Studio, Workshop, manifest
from tests.gateway.waiting import soon

from .archive import archive, left_of

HERE = "/v1/tasks"


@pytest.fixture(scope="module")
def yard(new_place: NewPlace) -> Iterator[Place]:
    """A place of our own: what others have made must not be in our lists."""
    with new_place(manifest(Studio, "studio"), manifest(Workshop, "workshop")) as place:
        yield place


@pytest.fixture(scope="module")
def server(yard: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    with start_gateway(yard, rootService="studio", maxPageTasks=20) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def http(server: Gateway) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def tasks(http: httpx.Client, yard: Place) -> dict[str, str]:
    """Ids by a name of ours, the oldest first."""
    made = {
        "old": submitted(http.post("/echo/submit", json={"value": 1})),
        "painted": submitted(http.post("/services/workshop/paint/submit", json={"colour": "red"})),
        "failed": submitted(http.post("/echo/submit", json={"value": 2})),
        "running": submitted(http.post("/paint/submit", json={"prompt": "x"})),
        "queued": submitted(http.post("/echo/submit", json={"value": 3})),
    }
    for name in ("old", "failed"):
        yard.kubectl(
            "label", "taskruns.taskyard.dev", made[name], "batch=7", f"name={name}",
            "-n", yard.namespace,
        )  # fmt: skip
    yard.succeed(made["old"], b"1")
    yard.succeed(made["painted"], b'"red"')
    yard.fail(made["failed"], "OutOfMemory", "It took more than 4Gi.")
    yard.write_status(made["running"], phase="Running", attempt=1)
    soon(lambda: phases(http) == ["Queued", "Running", "Failed", "Succeeded", "Succeeded"])
    return made


def listed(http: httpx.Client, **query: Any) -> Any:
    answer = http.get(HERE, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def phases(http: httpx.Client, **query: Any) -> list[str]:
    return [item["phase"] for item in listed(http, **query)["items"]]


def ids(http: httpx.Client, **query: Any) -> list[str]:
    return [item["id"] for item in listed(http, **query)["items"]]


def all_pages(http: httpx.Client, **query: Any) -> list[Any]:
    """The items of all pages, one after the other."""
    items: list[Any] = []
    cursor: str | None = None
    while True:
        page = listed(http, **query, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def test_the_newest_is_first_and_each_is_the_whole_document(
    http: httpx.Client, tasks: dict[str, str]
) -> None:
    page = listed(http)

    assert [item["id"] for item in page["items"]] == list(reversed(tasks.values()))
    assert page["next"] is None
    for item in page["items"]:
        assert item == http.get(f"{HERE}/{item['id']}").json()


@table(
    {
        "a service": ({"service": "workshop"}, ["painted"]),
        "a task": ({"task": "paint"}, ["running", "painted"]),
        "a phase": ({"phase": "Running"}, ["running"]),
        "some phases": ({"phase": "Queued,Failed"}, ["queued", "failed"]),
        "phases one by one": ({"phase": ["Queued", "Failed"]}, ["queued", "failed"]),
        "a reason": ({"reason": "OutOfMemory"}, ["failed"]),
        "a label": ({"label": "batch=7"}, ["failed", "old"]),
        "two labels": ({"label": ["batch=7", "name=old"]}, ["old"]),
        "a label and a phase": ({"label": "batch=7", "phase": "Failed"}, ["failed"]),
        "what nothing has": ({"service": "nobody"}, []),
        "a time to come": ({"createdAfter": "2199-01-01T00:00:00Z"}, []),
        "a time long past": ({"createdBefore": "2020-01-01T00:00:00+01:00"}, []),
    }
)
def test_a_list_is_filtered_by(
    case: tuple[dict[str, Any], list[str]], http: httpx.Client, tasks: dict[str, str]
) -> None:
    query, expected = case

    assert ids(http, **query) == [tasks[name] for name in expected]


def test_a_time_of_creation_belongs_to_what_comes_after_it(
    http: httpx.Client, tasks: dict[str, str]
) -> None:
    created = listed(http)["items"][-1]["createdAt"]

    after, before = ids(http, createdAfter=created), ids(http, createdBefore=created)

    assert after == list(reversed(tasks.values()))
    assert before == []


@pytest.mark.parametrize("limit", [1, 2, 4, 5])
def test_page_by_page_each_comes_once(
    http: httpx.Client, tasks: dict[str, str], limit: int
) -> None:
    items = all_pages(http, limit=limit)

    assert [item["id"] for item in items] == list(reversed(tasks.values()))


@table(
    {
        "an unknown parameter": ({"services": "studio"}, "services"),
        "an unknown phase": ({"phase": "Queued,Done"}, "phase"),
        "no phase": ({"phase": ""}, "phase"),
        "an empty name": ({"service": ""}, "service"),
        "a long name": ({"task": "x" * 65}, "task"),
        "a name twice": ({"service": ["studio", "workshop"]}, "service"),
        "a time without its zone": ({"createdAfter": "2026-11-25T19:00:00"}, "createdAfter"),
        "a number for a time": ({"createdBefore": "1700000000"}, "createdBefore"),
        "a day that is none": ({"createdAfter": "2026-02-30T00:00:00Z"}, "createdAfter"),
        "a label without a value": ({"label": "batch"}, "label"),
        "a label with a bad key": ({"label": "ba tch=7"}, "label"),
        "a label with two values": ({"label": ["batch=7", "batch=8"]}, "label"),
        "more labels than are taken": ({"label": [f"a{n}=1" for n in range(17)]}, "label"),
        "no task on a page": ({"limit": "0"}, "limit"),
        "too many tasks on a page": ({"limit": "21"}, "limit"),
        "a limit that is no number": ({"limit": "many"}, "limit"),
        "a cursor of our own making": ({"cursor": "2"}, "cursor"),
        "a cursor that leads elsewhere": ({"cursor": "7" * 10 + "../../x" + "z"}, "cursor"),
        "a long cursor": ({"cursor": "7" * 10_000}, "cursor"),
    }
)
def test_what_is_wrong_is_named(case: tuple[dict[str, Any], str], http: httpx.Client) -> None:
    query, blamed = case

    answer = http.get(HERE, params=query)

    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["reason"] == "InvalidInput"
    assert [fault["loc"][0] for fault in error["detail"]] == [blamed]


@pytest.fixture(scope="module")
def archives(
    new_place: NewPlace, start_gateway: StartGateway
) -> Iterator[tuple[Place, httpx.Client]]:
    """A place with one service for each test, and a client of its gateway."""
    services = (manifest(Studio, name) for name in ("left", "expired", "again", "deleted"))
    with (
        new_place(*services, manifest(Workshop, "workshop")) as place,
        start_gateway(place) as gateway,
        gateway.client() as client,
    ):
        yield place, client


def test_the_list_is_the_same_when_only_records_are_left(
    archives: tuple[Place, httpx.Client],
) -> None:
    place, http = archives
    url = "/services/left/echo/submit"
    made = [submitted(http.post(url, json={"value": n})) for n in range(7)]
    for number, task_id in enumerate(made[:6]):
        if number % 2:
            place.succeed(task_id, b"1")
        else:
            place.fail(task_id, "TaskError", "It raised.")
    soon(lambda: phases(http, service="left") == ["Queued", *["Succeeded", "Failed"] * 3])
    queries: list[dict[str, Any]] = [{}, {"phase": "Failed"}, {"reason": "TaskError"}]
    before = [all_pages(http, service="left", **query) for query in queries]

    # Of some only the record is left, of some the TaskRun is there, and the last has not ended.
    archive(place, made[0], made[1], made[4])
    # Changes are heard of in order: who has heard of this one knows that the others are gone.
    later = submitted(http.post("/services/workshop/paint/submit", json={"colour": "red"}))
    soon(lambda: ids(http, service="workshop") == [later])

    for limit in (50, 2):
        after = [all_pages(http, service="left", limit=limit, **query) for query in queries]
        assert after == before


def test_what_is_no_longer_kept_is_listed_no_more(archives: tuple[Place, httpx.Client]) -> None:
    place, http = archives
    url = "/services/expired/echo/submit"
    made = [submitted(http.post(url, json={"value": n})) for n in range(3)]
    for task_id in made:
        place.succeed(task_id, b"1")
    archive(place, made[0], kept=-timedelta(minutes=1))
    archive(place, *made[1:])
    place.remove(f"{place.namespace}/{made[2]}/record")  # it was deleted, and its entry not yet

    soon(lambda: ids(http, service="expired") == [made[1]])


def test_a_task_that_was_deleted_is_listed_no_more(archives: tuple[Place, httpx.Client]) -> None:
    place, http = archives
    made = [submitted(http.post("/services/deleted/echo/submit", json={"value": n})) for n in "ab"]
    for task_id in made:
        place.succeed(task_id, b"1")
    archive(place, made[0])
    soon(lambda: phases(http, service="deleted") == ["Succeeded"] * 2)

    for task_id in made:
        assert http.delete(f"{HERE}/{task_id}").status_code == 204

    soon(lambda: ids(http, service="deleted") == [])
    assert [key for task_id in made for key in left_of(place, task_id) if "_listed" in key] == []


def test_a_name_that_was_used_again_is_listed_once(archives: tuple[Place, httpx.Client]) -> None:
    place, http = archives
    run = {
        "apiVersion": "taskyard.dev/v1alpha1",
        "kind": "TaskRun",
        "metadata": {"name": "nightly"},
        "spec": {"service": "again", "task": "echo", "input": {"inline": {"value": 1}}},
    }
    place.kubectl.apply(run, namespace=place.namespace)
    place.fail("nightly", "TaskError", "It raised.")
    archive(place, "nightly")
    soon(lambda: phases(http, service="again") == ["Failed"])

    place.kubectl.apply(run, namespace=place.namespace)
    place.succeed("nightly", b"1")
    archive(place, "nightly")

    soon(lambda: phases(http, service="again") == ["Succeeded"])
