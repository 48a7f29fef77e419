"""What a gateway says of the services in its namespace."""

from __future__ import annotations

import httpx
import pytest

from .conftest import NewPlace, StartGateway
from .studio import Studio, Workshop, manifest
from .waiting import soon


def test_the_configured_service_answers_at_the_root_and_below_its_name(http: httpx.Client) -> None:
    at_root, by_name = http.get("/schema.json"), http.get("/services/studio/schema.json")

    assert at_root.status_code == 200
    assert at_root.json()["name"] == "Studio"
    told = at_root.json()["x-taskyard"], by_name.json()["x-taskyard"]
    assert told == ({"service": "studio", "v1": "v1"}, {"service": "studio", "v1": "../../v1"})
    assert {**at_root.json(), "x-taskyard": told[1]} == by_name.json()


@pytest.mark.parametrize("root", ["/", "/services/studio/", "/services/workshop/"])
def test_a_service_says_where_the_gateways_own_api_is_relative_to_itself(
    http: httpx.Client, root: str
) -> None:
    told = http.get(f"{root}schema.json").json()["x-taskyard"]

    found = httpx.URL(f"https://proxy/team{root}").join(told["v1"])

    assert found == "https://proxy/team/v1"
    assert told["service"] == ("workshop" if "workshop" in root else "studio")


def test_the_schema_holds_what_clients_of_bentoml_read(http: httpx.Client) -> None:
    schema = http.get("/schema.json").json()

    routes = {route["name"]: route for route in schema["routes"]}
    assert set(routes) == {
        "paint", "measure", "echo", "describe", "compare", "convert", "hear", "tell",
    }  # fmt: skip
    assert all(route["is_task"] for route in routes.values())
    assert routes["tell"]["route"] == "/v1/story/tell"
    assert routes["paint"]["doc"] == "A picture of the prompt."
    assert routes["paint"]["output"] == {"type": "file", "format": "image", "pil": True}
    assert routes["paint"]["input"]["required"] == ["prompt"]
    assert routes["describe"]["input"]["properties"]["picture"]["pil"] is True


def test_arguments_are_in_the_order_of_the_signature_though_the_api_server_sorts_them(
    new_place: NewPlace, start_gateway: StartGateway
) -> None:
    service = manifest(Studio, "studio")
    paint = next(task for task in service["spec"]["tasks"] if task["name"] == "paint")
    paint["input"]["x-order"] = ["prompt", "steps", "style", "seed"]
    with new_place(service) as place, start_gateway(place) as gateway, gateway.client() as http:
        routes = {route["name"]: route for route in http.get("/schema.json").json()["routes"]}
        assert list(routes["paint"]["input"]["properties"]) == ["prompt", "steps", "style", "seed"]


def test_without_an_order_arguments_that_must_be_given_come_first(http: httpx.Client) -> None:
    routes = {route["name"]: route for route in http.get("/schema.json").json()["routes"]}
    assert list(routes["tell"]["input"]["properties"]) == ["to", "about"]
    assert next(iter(routes["paint"]["input"]["properties"])) == "prompt"


def test_each_service_shows_its_own_tasks_below_its_name(http: httpx.Client) -> None:
    routes = http.get("/services/workshop/schema.json").json()["routes"]

    assert [(route["name"], list(route["input"]["properties"])) for route in routes] == [
        ("paint", ["colour"])
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path",
    ["/readyz", "/livez", "/healthz", "/services/workshop/readyz", "/services/workshop/livez"],
)
def test_probes_are_answered(http: httpx.Client, method: str, path: str) -> None:
    assert http.request(method, path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/services/nope/schema.json", "no service nope; there are: studio, workshop"),
        ("GET", "/services/nope/readyz", "no service nope; there are: studio, workshop"),
        ("POST", "/services/nope/paint/submit", "no service nope; there are: studio, workshop"),
        ("POST", "/nope/submit", "Service studio has no task at /nope; it has: /paint, "),
        ("GET", "/nope/status?task_id=1", "Service studio has no task at /nope; it has: /paint, "),
        ("POST", "/tell/submit", "/v1/story/tell"),
        ("POST", "/services/workshop/echo/submit", "Service workshop has no task at /echo; it has: /paint."),
        ("GET", "/", "/<task>/submit"),
        ("GET", "/metrics", "/schema.json"),
        ("GET", "/readyz/", "/readyz"),
        ("POST", "/nope", "Service studio has no task at /nope"),
        ("GET", "/paint", "POST /<task>"),
        ("GET", "/services/studio", "/services/<name>"),
        ("GET", "/docs", "/schema.json"),
        ("GET", "/openapi.json", "/schema.json"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_answered_with_what_is(
    http: httpx.Client, method: str, path: str, told: str
) -> None:
    answer = http.request(method, path, follow_redirects=False)

    assert answer.status_code == 404
    body = answer.json()
    assert body["reason"] == "NotFound"
    assert told in body["error"]
    assert body["requestId"] == answer.headers["x-request-id"]


def test_the_only_service_of_a_namespace_is_at_the_root_until_there_is_a_second(
    new_place: NewPlace, start_gateway: StartGateway
) -> None:
    with new_place() as place, start_gateway(place) as gateway, gateway.client() as http:
        assert "there are: none" in http.get("/readyz").json()["error"]

        place.kubectl.apply(manifest(Studio, "studio"), namespace=place.namespace)
        soon(lambda: http.get("/readyz").status_code == 200)
        assert http.get("/schema.json").json()["name"] == "Studio"

        place.kubectl.apply(manifest(Workshop, "workshop"), namespace=place.namespace)
        soon(lambda: http.get("/services/workshop/readyz").status_code == 200)
        answer = http.get("/schema.json")
        assert answer.status_code == 404
        assert "/services/<name>/" in answer.json()["error"]
        assert "studio, workshop" in answer.json()["error"]

        place.kubectl("delete", "taskservices.taskyard.dev", "studio", "-n", place.namespace)
        soon(lambda: http.get("/services/studio/readyz").status_code == 404)
        assert http.get("/schema.json").json()["name"] == "Workshop"


def test_a_configured_service_that_is_missing_is_named(
    new_place: NewPlace, start_gateway: StartGateway
) -> None:
    with (
        new_place(manifest(Workshop, "workshop")) as place,
        start_gateway(place, rootService="studio") as gateway,
        gateway.client() as http,
    ):
        answer = http.get("/readyz")
        assert answer.status_code == 404
        assert "There is no service studio; there are: workshop." in answer.json()["error"]


def test_a_service_is_found_as_soon_as_it_was_made_also_by_who_asked_too_early(
    new_place: NewPlace, start_gateway: StartGateway
) -> None:
    with new_place() as place, start_gateway(place) as gateway, gateway.client() as http:
        for name in ("early", "earlier", "earliest"):
            assert http.get(f"/services/{name}/schema.json").status_code == 404
            place.kubectl.apply(manifest(Studio, name), namespace=place.namespace)
            assert http.get(f"/services/{name}/schema.json").status_code == 200
