"""The pods of both programs: their image, what they may do, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from taskyard.api.names import LABEL_MANAGED_BY, MANAGED_BY

from .rendering import RELEASE, Render
from .values import COMPONENTS, EVERYTHING, SCHEDULING

pytestmark = pytest.mark.helm

DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("image", "want"),
    [
        pytest.param({}, "example.org/taskyard:0.1.0", id="the chart's own version"),
        pytest.param({"tag": "edge"}, "example.org/taskyard:edge", id="a tag"),
        pytest.param(
            {"tag": "edge", "digest": DIGEST}, f"example.org/taskyard@{DIGEST}", id="a digest"
        ),
    ],
)
def test_the_image_is_that_of_the_values(
    rendered: Render, image: dict[str, str], want: str
) -> None:
    release = rendered(image={"repository": "example.org/taskyard", **image})

    assert {release.container(component)["image"] for component in COMPONENTS} == {want}


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_is_said_of_a_pod_arrives(rendered: Render, component: str) -> None:
    release = rendered(**EVERYTHING)
    pod, container = release.pod(component), release.container(component)
    account = release.one("ServiceAccount", f"{RELEASE}-{component}")

    assert {name: pod["spec"].get(name) for name in SCHEDULING} == SCHEDULING
    assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert pod["metadata"]["annotations"]["note"] == "a"
    assert pod["metadata"]["labels"]["team"] == "b"
    assert account["metadata"]["annotations"] == {"role": "c"}
    assert {"name": "RUST_LOG", "value": "info"} in container["env"]
    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "512Mi"},
    }


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["by default", "with every value"])
@pytest.mark.parametrize("component", COMPONENTS)
def test_every_pod_is_restricted(rendered: Render, component: str, values: dict[str, Any]) -> None:
    release = rendered(**values)
    spec, container = release.pod(component)["spec"], release.container(component)

    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert "initContainers" not in spec
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert {kind for volume in spec["volumes"] for kind in volume} == {
        "name",
        "configMap",
        "emptyDir",
    }
    assert all(each["emptyDir"]["sizeLimit"] for each in spec["volumes"] if "emptyDir" in each)


def test_the_user_can_be_left_to_the_cluster(rendered: Render) -> None:
    for component in COMPONENTS:
        context = rendered(runAsUser=None).pod(component)["spec"]["securityContext"]

        assert context["runAsNonRoot"]
        assert not {"runAsUser", "runAsGroup"} & context.keys()


def test_only_pods_that_need_a_token_get_one(rendered: Render) -> None:
    release = rendered()

    assert not any(each["automountServiceAccountToken"] for each in release.of("ServiceAccount"))
    assert all(
        release.pod(component)["spec"]["automountServiceAccountToken"] for component in COMPONENTS
    )


def test_the_controller_does_not_take_the_charts_own_pods_for_its_own(rendered: Render) -> None:
    release = rendered(**EVERYTHING)
    labelled = [*release.objects, *(release.pod(component) for component in COMPONENTS)]

    managers = {each["metadata"]["labels"][LABEL_MANAGED_BY] for each in labelled}

    assert managers == {"Helm"}
    assert MANAGED_BY not in managers
