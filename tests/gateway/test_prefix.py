"""Services below a path: what clients of BentoML make of it, and proxies that take a path away."""

from __future__ import annotations

import httpx
import pytest

from .conftest import submitted

BENTOML = {"user-agent": "BentoML HTTP Client/1.4.40"}


@pytest.mark.parametrize(
    ("path", "headers", "prefix"),
    [
        ("", BENTOML, ""),
        ("/services/studio", BENTOML, "/services/studio"),
        ("", BENTOML | {"x-forwarded-prefix": "/ai/v1/"}, "/ai/v1"),
        (
            "/services/studio",
            BENTOML | {"x-forwarded-prefix": "/ai"},
            "/ai/services/studio",
        ),
        ("", BENTOML | {"x-forwarded-prefix": "//evil.test"}, ""),
        ("", BENTOML | {"x-forwarded-prefix": "/a b"}, ""),
        ("/services/studio", {"user-agent": "taskyard/0.1.0"}, ""),
        ("/services/studio", {"x-forwarded-prefix": "/ai"}, ""),
    ],
)
def test_a_client_of_bentoml_is_told_routes_with_the_path_in_them(
    http: httpx.Client, path: str, headers: dict[str, str], prefix: str
) -> None:
    answer = http.get(f"{path}/schema.json", headers=headers)

    schema = answer.json()
    routes = {route["name"]: route["route"] for route in schema["routes"]}
    assert routes["echo"] == f"{prefix}/echo"
    assert routes["tell"] == f"{prefix}/v1/story/tell"
    assert set(schema["paths"]) == set(routes.values())
    assert answer.headers["vary"] == "user-agent, x-forwarded-prefix"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/services/studio/services/studio", {}),
        ("/ai", {"x-forwarded-prefix": "/ai"}),
        ("/services/studio/ai/services/studio", {"x-forwarded-prefix": "/ai"}),
    ],
)
def test_the_path_may_come_twice(http: httpx.Client, path: str, headers: dict[str, str]) -> None:
    task_id = submitted(http.post(f"{path}/echo/submit", json={"value": 1}, headers=headers))

    answer = http.get(f"{path}/echo/status", params={"task_id": task_id}, headers=headers)
    assert answer.json()["task_id"] == task_id
    answer = http.put(f"{path}/echo/cancel", params={"task_id": task_id}, headers=headers)
    assert answer.json()["task_id"] == task_id


@pytest.mark.parametrize(
    "path", ["/services/studio/services/workshop", "/ai", "/services/studio/ai/services/studio"]
)
def test_a_path_that_is_not_the_services_own_is_none(http: httpx.Client, path: str) -> None:
    assert http.get(f"{path}/paint/status", params={"task_id": "a"}).status_code == 404
