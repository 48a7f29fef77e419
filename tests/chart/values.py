"""Values that say all there is to say of the pods, and the settings that a release comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taskyard_operator.settings import Settings, load_settings

from .rendering import Rendered

COMPONENTS = ("controller", "gateway")
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
