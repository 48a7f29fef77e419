"""Where the programs listen, and who looks there: probes, the Service, Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest

from .rendering import RELEASE, Render, Rendered
from .values import COMPONENTS, settings_of

pytestmark = pytest.mark.helm


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
        "controller": {("/livez", "probe"), ("/readyz", "probe")},
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


def _annotations(release: Rendered, component: str) -> dict[str, str]:
    found: dict[str, str] = release.pod(component)["metadata"]["annotations"]
    return found


def _probed(release: Rendered) -> dict[str, set[tuple[str, str]]]:
    return {
        component: {
            (get["path"], get["port"])
            for name, probe in release.container(component).items()
            if name.endswith("Probe") and (get := probe["httpGet"])
        }
        for component in COMPONENTS
    }
