"""What may change of a resource, and what may not."""

import json

import httpx
import pytest

from tests.api.constraints.manifests import RUNS, SERVICES, STORED, Json, a_run, a_service, patched
from tests.cluster.kubectl import Kubectl
from tests.core.tables import table


@pytest.fixture(scope="module")
def base(api: Kubectl, place: str) -> str:
    """A run with every optional field of its spec."""
    run = a_run(
        "base",
        input={"object": STORED},
        priority=5,
        deadlines={"run": 60},
        callback={"url": "https://example"},
        retryOf="before",
    )
    api.apply(run, a_run("bare"), a_run("cancelled", cancel=True), namespace=place)
    return "base"


@table(
    {
        "service": {"service": "other"},
        "task": {"task": "other"},
        "input": {"input": {"object": None, "inline": {}}},
        "input.object.key": {"input": {"object": {"key": "team/other"}}},
        "input.object.contentType": {"input": {"object": {"contentType": None}}},
        "priority": {"priority": 6},
        "priority, by taking it away": {"priority": None},
        "deadlines": {"deadlines": {"run": 61}},
        "deadlines, by adding one": {"deadlines": {"queue": 61}},
        "deadlines, by taking them away": {"deadlines": None},
        "callback.url": {"callback": {"url": "https://other"}},
        "callback.states, by adding some": {"callback": {"states": ["Failed"]}},
        "callback, by taking it away": {"callback": None},
        "retryOf": {"retryOf": "other"},
        "retryOf, by taking it away": {"retryOf": None},
    }
)
def test_immutable(api_server: httpx.Client, place: str, base: str, case: Json) -> None:
    said = patched(api_server, place, base, {"spec": case})

    assert "spec is immutable except for spec.cancel" in said


@table(
    {
        "priority": {"priority": 6},
        "deadlines": {"deadlines": {"run": 61}},
        "callback": {"callback": {"url": "https://example"}},
        "retryOf": {"retryOf": "other"},
        "input.inline": {"input": {"inline": {"text": "other"}}},
        "input.inline, deep down": {"input": {"inline": {"more": {"deep": 1}}}},
    }
)
@pytest.mark.usefixtures("base")
def test_immutable_where_it_was_not_set(api_server: httpx.Client, place: str, case: Json) -> None:
    said = patched(api_server, place, "bare", {"spec": case})

    assert "spec is immutable except for spec.cancel" in said


@table(
    {
        "labels may change": ("base", {"metadata": {"labels": {"a": "b"}}}, ""),
        "a spec may be written as it is": ("base", {"spec": {"priority": 5}}, ""),
        "a run may be cancelled": ("base", {"spec": {"cancel": True}}, ""),
        "a run may be not cancelled": ("base", {"spec": {"cancel": False}}, ""),
        "a cancelled run may be cancelled": ("cancelled", {"spec": {"cancel": True}}, ""),
        "a cancel cannot be withdrawn": (
            "cancelled",
            {"spec": {"cancel": False}},
            "spec.cancel cannot be withdrawn",
        ),
        "a cancel cannot be taken away": (
            "cancelled",
            {"spec": {"cancel": None}},
            "spec.cancel cannot be withdrawn",
        ),
        "a cancel brings no other change with it": (
            "base",
            {"spec": {"cancel": True, "priority": 7}},
            "spec is immutable",
        ),
    }
)
@pytest.mark.usefixtures("base")
def test_change(api_server: httpx.Client, place: str, case: tuple[str, Json, str]) -> None:
    name, patch, why = case

    said = patched(api_server, place, name, patch)

    assert why in said
    assert bool(why) == bool(said)


def test_a_service_may_change(api: Kubectl, place: str) -> None:
    api.apply(a_service("changing"), namespace=place)

    api.apply(a_service("changing", image="i:2"), namespace=place)

    assert api.json("get", SERVICES, "changing", "-n", place)["metadata"]["generation"] == 2


def test_nulls_in_what_is_kept_whole_stay(api: Kubectl, place: str) -> None:
    """A podTemplate removes a field by null, and null is an argument like any other."""
    service = a_service("nulls", podTemplate={"spec": {"securityContext": None}})
    run = a_run("nulls", input={"inline": {"limit": None}})
    for manifest in (service, run):
        api("create", "-n", place, "-f", "-", stdin=json.dumps(manifest))

    kept = api.json("get", SERVICES, "nulls", "-n", place)["spec"]["podTemplate"]
    assert kept == {"spec": {"securityContext": None}}
    assert api.json("get", RUNS, "nulls", "-n", place)["spec"]["input"] == run["spec"]["input"]
