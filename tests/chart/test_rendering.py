"""What a release consists of, for values that matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from taskyard.api.names import LABEL_MANAGED_BY, MANAGED_BY
from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.settings import Settings, load_settings
from taskyard_operator.webhooks.keys import KEYS_VARIABLE

from .files import CRDS
from .rendering import NAMESPACE, RELEASE, URL, Manifest, Render, Rendered

pytestmark = pytest.mark.control_plane  # of all that only Helm

COMPONENTS = ("controller", "gateway")
CRD = "CustomResourceDefinition"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
SCHEDULING: dict[str, Any] = {
    "nodeSelector": {"pool": "system"},
    "tolerations": [{"key": "system", "operator": "Exists", "effect": "NoSchedule"}],
    "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "priorityClassName": "platform",
    "terminationGracePeriodSeconds": 45,
}
EVERYTHING: dict[str, Any] = {
    "imagePullSecrets": [{"name": "registry"}],
    "storage": {"endpoint": "https://s3.example.org", "credentialsSecret": "object-store"},
    **{
        component: {
            **SCHEDULING,
            "podAnnotations": {"note": "a"},
            "podLabels": {"team": "b"},
            "extraEnv": [{"name": "RUST_LOG", "value": "info"}],
            "serviceAccount": {"annotations": {"role": "c"}},
        }
        for component in COMPONENTS
    },
}


def settings_of(release: Rendered, folder: Path) -> Settings:
    """The settings as the programs read them."""
    file = folder / "config.yaml"
    file.write_text(release.settings())
    return load_settings(file)


def test_without_further_values_the_settings_are_the_programs_own_defaults(
    rendered: Render, tmp_path: Path
) -> None:
    own = Settings(storage=StorageSettings(url=URL))

    settings = settings_of(rendered(), tmp_path)

    gateway = own.gateway.model_copy(update={"namespace": NAMESPACE})
    assert settings == own.model_copy(update={"gateway": gateway})


def test_every_setting_arrives(rendered: Render, tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "logLevel": "DEBUG",
        "storage": {
            "url": "s3://other/prefix",
            "endpoint": "http://s3.example.org:8333",
            "region": "eu-central-1",
            "pathStyle": False,
            "timeoutSeconds": 7.5,
            "urlSeconds": 3601,
        },
        "controller": {
            "namespaces": ["a", "b"],
            "workers": 3,
            "resyncSeconds": 61,
            "gpuTypeLabel": "example.org/gpu",
            "logTailBytes": 4096,
            "jobTtlSeconds": 3602,
            "leaderElection": {"enabled": True, "leaseSeconds": 30, "renewSeconds": 2.5},
            "liveness": {
                "listingSeconds": 601,
                "stuckSeconds": 121,
                "lookSeconds": 602,
                "watchSeconds": 603,
            },
        },
        "metrics": {"port": 9091, "maxLabelSets": 7},
        "webhooks": {
            "allowHttp": True,
            "allowedHosts": ["hooks.team.svc"],
            "allowedNetworks": ["10.1.0.0/16"],
            "deniedNetworks": ["198.18.0.0/15", "2a00:1::/32"],
            "timeoutSeconds": 3.5,
            "maxConcurrent": 4,
            "firstDelaySeconds": 2,
            "longestDelaySeconds": 60,
            "giveUpSeconds": 600,
        },
        "retention": {
            "taskRunSeconds": 11,
            "resultSeconds": 12,
            "archivePatienceSeconds": 13,
            "deletionsPerSecond": 1.5,
            "sweepSeconds": 14,
        },
        "gateway": {
            "namespace": "a",
            "rootService": "ocr",
            "maxInputBytes": 10**12,
            "maxJsonBytes": 2,
            "maxPictureBytes": 3,
            "maxPicturePixels": 4,
            "maxParts": 5,
            "callSeconds": 6.5,
        },
    }

    settings = settings_of(rendered(**values), tmp_path)

    assert settings == Settings.model_validate(values)


def test_programs_listen_where_probes_and_service_look(rendered: Render, tmp_path: Path) -> None:
    release = rendered()
    settings = settings_of(release, tmp_path)

    ports = {
        component: {
            port["name"]: port["containerPort"] for port in release.container(component)["ports"]
        }
        for component in COMPONENTS
    }
    (port,) = release.one("Service", f"{RELEASE}-gateway")["spec"]["ports"]
    assert ports == {
        "controller": {"probe": settings.controller.probe_port, "metrics": settings.metrics.port},
        "gateway": {"http": settings.gateway.port, "metrics": settings.metrics.port},
    }
    assert (port["port"], port["targetPort"]) == (80, "http")
    assert _probed(release) == {
        "controller": {("/healthz", "probe")},
        "gateway": {("/livez", "http")},
    }


def test_metrics_have_a_port_that_no_service_has(rendered: Render) -> None:
    release = rendered(metrics={"port": 9091})

    for component in COMPONENTS:
        assert {"name": "metrics", "containerPort": 9091} in release.container(component)["ports"]
    ports = [port["targetPort"] for each in release.of("Service") for port in each["spec"]["ports"]]
    assert ports == ["http"]
    assert release.of("PodMonitor") == []


@pytest.mark.parametrize("component", COMPONENTS)
def test_without_metrics_there_is_no_port_for_them(rendered: Render, component: str) -> None:
    release = rendered(metrics={"port": 0, "annotations": True})

    (port,) = release.container(component)["ports"]
    assert port["name"] != "metrics"
    assert not any("prometheus" in name for name in _annotations(release, component))


@pytest.mark.parametrize("component", COMPONENTS)
def test_annotations_lead_a_prometheus_to_the_metrics(rendered: Render, component: str) -> None:
    release = rendered(metrics={"annotations": True})

    assert (
        _annotations(release, component).items()
        >= {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": "9090",
            "prometheus.io/path": "/metrics",
        }.items()
    )
    assert not any("prometheus" in name for name in _annotations(rendered(), component))


def test_a_pod_monitor_finds_the_pods_of_both(rendered: Render) -> None:
    monitor = {"enabled": True, "interval": "15s", "labels": {"release": "prometheus"}}
    release = rendered(metrics={"podMonitor": monitor})

    found = release.one("PodMonitor", RELEASE)

    chosen = found["spec"]["selector"]["matchLabels"].items()
    assert all(chosen <= release.pod(each)["metadata"]["labels"].items() for each in COMPONENTS)
    (endpoint,) = found["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"], endpoint["interval"]) == (
        "metrics",
        "/metrics",
        "15s",
    )
    assert endpoint["honorLabels"] is True
    assert found["metadata"]["labels"]["release"] == "prometheus"


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


@pytest.mark.parametrize("name", [RELEASE, "tasks"])
def test_each_release_has_a_lease_of_its_own(rendered: Render, tmp_path: Path, name: str) -> None:
    (config,) = rendered(fullnameOverride=name).of("ConfigMap")

    file = tmp_path / "config.yaml"
    file.write_text(config["data"]["config.yaml"])
    settings = load_settings(file).controller.leader_election

    assert (settings.lease_name, settings.namespace) == (f"{name}-controller", None)


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_chart_runs_the_program_with_its_settings(rendered: Render, component: str) -> None:
    container = rendered().container(component)

    assert container["args"] == [component, "--config", "/etc/taskyard/config.yaml"]
    assert {"name": "config", "mountPath": "/etc/taskyard", "readOnly": True} in container[
        "volumeMounts"
    ]


def test_a_changed_setting_starts_the_pods_anew_and_another_value_does_not(
    rendered: Render,
) -> None:
    def checksum(**values: Any) -> set[str]:
        release = rendered(**values)
        return {
            release.pod(component)["metadata"]["annotations"]["checksum/config"]
            for component in COMPONENTS
        }

    assert checksum() == checksum(gateway={"replicas": 3}, crds={"keep": False})
    assert checksum() != checksum(gateway={"maxParts": 3})


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


def test_the_credentials_are_named_and_never_told(rendered: Render) -> None:
    release = rendered(**EVERYTHING)

    for component in COMPONENTS:
        assert release.container(component)["envFrom"] == [{"secretRef": {"name": "object-store"}}]
    assert release.of("Secret") == []
    assert "object-store" not in release.settings()
    without = rendered()
    assert all("envFrom" not in without.container(component) for component in COMPONENTS)


def test_only_the_controller_gets_the_keys_of_webhooks(rendered: Render, tmp_path: Path) -> None:
    more = [{"name": "SSL_CERT_FILE", "value": "/etc/ca.pem"}]
    release = rendered(
        webhooks={"secretName": "hooks", "secretKey": "signing"}, controller={"extraEnv": more}
    )

    source = {"secretKeyRef": {"name": "hooks", "key": "signing"}}
    assert release.container("controller")["env"] == [
        {"name": KEYS_VARIABLE, "valueFrom": source},
        *more,
    ]
    assert "env" not in release.container("gateway")
    assert settings_of(release, tmp_path).webhooks.enabled


def test_the_controller_does_not_take_the_charts_own_pods_for_its_own(rendered: Render) -> None:
    release = rendered(**EVERYTHING)
    labelled = [*release.objects, *(release.pod(component) for component in COMPONENTS)]

    managers = {each["metadata"]["labels"][LABEL_MANAGED_BY] for each in labelled}

    assert managers == {"Helm"}
    assert MANAGED_BY not in managers


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


def _annotations(release: Rendered, component: str) -> dict[str, str]:
    found: dict[str, str] = release.pod(component)["metadata"]["annotations"]
    return found


def _name(manifest: Manifest) -> str:
    name: str = manifest["metadata"]["name"]
    return name


def _bare(manifest: Manifest) -> Manifest:
    """Without what the chart adds."""
    return {**manifest, "metadata": {"name": _name(manifest)}}


def _probed(release: Rendered) -> dict[str, set[tuple[str, str]]]:
    return {
        component: {
            (get["path"], get["port"])
            for name, probe in release.container(component).items()
            if name.endswith("Probe") and (get := probe["httpGet"])
        }
        for component in COMPONENTS
    }
