"""What a release consists of: how many of each, what finds what, names, and the definitions."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from .files import CRDS
from .rendering import RELEASE, Manifest, Render
from .values import COMPONENTS

pytestmark = pytest.mark.helm

CRD = "CustomResourceDefinition"


def test_there_is_one_controller_and_never_two_at_a_time(rendered: Render) -> None:
    spec = rendered().one("Deployment", f"{RELEASE}-controller")["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_controller_with_leader_election_is_replaced_while_the_old_one_works(
    rendered: Render, replicas: int
) -> None:
    election = {"replicas": replicas, "leaderElection": {"enabled": True}}
    spec = rendered(controller=election).one("Deployment", f"{RELEASE}-controller")["spec"]

    update = {"maxUnavailable": 0, "maxSurge": 1}
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": update}
    assert spec["replicas"] == replicas


def test_selectors_find_the_pods_of_their_component_only(rendered: Render) -> None:
    election = {"replicas": 2, "leaderElection": {"enabled": True}}
    release = rendered(gateway={"replicas": 2}, controller=election)
    selectors = {
        "controller": [
            release.one("Deployment", f"{RELEASE}-controller")["spec"]["selector"],
            release.one("PodDisruptionBudget", f"{RELEASE}-controller")["spec"]["selector"],
        ],
        "gateway": [
            release.one("Deployment", f"{RELEASE}-gateway")["spec"]["selector"],
            release.one("PodDisruptionBudget", f"{RELEASE}-gateway")["spec"]["selector"],
            {"matchLabels": release.one("Service", f"{RELEASE}-gateway")["spec"]["selector"]},
        ],
    }

    for component, found in selectors.items():
        for selector in found:
            chosen = [
                other
                for other in COMPONENTS
                if selector["matchLabels"].items()
                <= release.pod(other)["metadata"]["labels"].items()
            ]
            assert chosen == [component]


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize(("replicas", "want"), [(0, 0), (1, 0), (2, 1), (5, 1)])
def test_only_several_pods_have_a_disruption_budget(
    rendered: Render, component: str, replicas: int, want: int
) -> None:
    election = {"leaderElection": {"enabled": True}} if component == "controller" else {}
    release = rendered(**{component: {"replicas": replicas, **election}})

    assert release.one("Deployment", f"{RELEASE}-{component}")["spec"]["replicas"] == replicas
    assert len(release.of("PodDisruptionBudget")) == want


@pytest.mark.parametrize("component", COMPONENTS)
def test_of_a_component_that_is_off_nothing_is_left(rendered: Render, component: str) -> None:
    values: dict[str, Any] = {"controller": {"leaderElection": {"enabled": True}}}
    values[component] = values.get(component, {}) | {"enabled": False}
    release = rendered(**values)

    assert [each for each in release.objects if component in each["metadata"]["name"]] == []
    assert len(release.of("Deployment")) == 1


@pytest.mark.parametrize(
    ("release", "override", "want"),
    [
        pytest.param("taskyard", "", "taskyard-gateway", id="the chart's name"),
        pytest.param("prod", "", "prod-taskyard-gateway", id="another name"),
        pytest.param("prod", "tasks", "tasks-gateway", id="a name of one's own"),
        pytest.param("r" * 53, "", f"{'r' * 50}-gateway", id="a long name"),
    ],
)
def test_names_begin_with_that_of_the_release(
    rendered: Render, release: str, override: str, want: str
) -> None:
    (service,) = rendered(release, fullnameOverride=override).of("Service")

    assert service["metadata"]["name"] == want


@pytest.mark.parametrize("keep", [True, False])
def test_the_definitions_are_those_of_the_repository(rendered: Render, keep: bool) -> None:
    definitions = [_bare(each) for each in rendered(crds={"keep": keep}).of(CRD)]

    wanted = [yaml.safe_load(file.read_text()) for file in sorted(CRDS.glob("*.yaml"))]
    assert sorted(definitions, key=_name) == sorted(wanted, key=_name)


@pytest.mark.parametrize(
    ("crds", "want"),
    [
        pytest.param({}, [{"helm.sh/resource-policy": "keep"}] * 2, id="kept by default"),
        pytest.param({"keep": False}, [{}] * 2, id="not kept"),
        pytest.param({"enabled": False}, [], id="not installed"),
    ],
)
def test_the_definitions_stay_if_wanted(
    rendered: Render, crds: dict[str, bool], want: list[dict[str, str]]
) -> None:
    definitions = rendered(crds=crds).of(CRD)

    assert [each["metadata"].get("annotations", {}) for each in definitions] == want


def _name(manifest: Manifest) -> str:
    name: str = manifest["metadata"]["name"]
    return name


def _bare(manifest: Manifest) -> Manifest:
    """Without what the chart adds."""
    return {**manifest, "metadata": {"name": _name(manifest)}}
