"""The chart as Helm renders it, without any cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.helm import Helm

from .files import CHART

Manifest = dict[str, Any]

RELEASE = "taskyard"
NAMESPACE = "platform"
URL = "s3://tasks/production"
KUBERNETES = "--kube-version=1.34.0"
"""Helm takes a version for granted where it asks no cluster, and it is too old for the chart."""


@dataclass(frozen=True)
class Rendered:
    """The objects of a release."""

    objects: Sequence[Manifest]

    def of(self, kind: str) -> list[Manifest]:
        """The objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str, name: str) -> Manifest:
        """The one object of that kind and name."""
        (found,) = (each for each in self.of(kind) if each["metadata"]["name"] == name)
        return found

    def pod(self, component: str) -> Manifest:
        """The pod template of controller or gateway."""
        template: Manifest = self.one("Deployment", f"{RELEASE}-{component}")["spec"]["template"]
        return template

    def container(self, component: str) -> Manifest:
        """The container of controller or gateway."""
        (container,) = self.pod(component)["spec"]["containers"]
        found: Manifest = container
        return found

    def settings(self) -> str:
        """The settings file of both programs."""
        text: str = self.one("ConfigMap", RELEASE)["data"]["config.yaml"]
        return text


Render = Callable[..., Rendered]


def render(
    values: Mapping[str, Any], folder: Path, release: str = RELEASE, namespace: str = NAMESPACE
) -> Rendered:
    """The release of that name with some values; those of the object store are there in any case."""
    text = Helm(None).template(
        release, CHART, KUBERNETES, "--namespace", namespace, "--values", _file(values, folder)
    )
    return Rendered([each for each in yaml.safe_load_all(text) if each])


def _file(values: Mapping[str, Any], folder: Path) -> Path:
    file = folder / "values.yaml"
    storage = {"url": URL} | values.get("storage", {})
    file.write_text(yaml.safe_dump({**values, "storage": storage}))
    return file
