"""What the programs are told, by which file, and where their secrets come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.settings import Settings, load_settings
from taskyard_operator.webhooks.keys import KEYS_VARIABLE

from .rendering import NAMESPACE, RELEASE, URL, Render
from .values import COMPONENTS, EVERYTHING, settings_of

pytestmark = pytest.mark.helm

EVERY_SETTING: dict[str, Any] = {
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


def test_without_further_values_the_settings_are_the_programs_own_defaults(
    rendered: Render, tmp_path: Path
) -> None:
    own = Settings(storage=StorageSettings(url=URL))

    settings = settings_of(rendered(), tmp_path)

    gateway = own.gateway.model_copy(update={"namespace": NAMESPACE})
    assert settings == own.model_copy(update={"gateway": gateway})


def test_every_setting_arrives(rendered: Render, tmp_path: Path) -> None:
    settings = settings_of(rendered(**EVERY_SETTING), tmp_path)

    assert settings == Settings.model_validate(EVERY_SETTING)


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
