"""The services of these tests: one class, served under many names that differ in their settings."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]

SERVICE = Path(__file__).parent / "service"
"""The folder with the class `Trouble`, and the Dockerfile of its image."""

_SETTINGS: dict[str, Manifest] = {}
"""What is laid over the TaskService for each name, by the test modules that were imported."""


def service(name: str, /, *, tasks: dict[str, Manifest] | None = None, **spec: Any) -> str:
    """Have the class served under a name of its own; returns the name.

    `spec` is laid over the TaskService, and `tasks` over its entries for those tasks.
    """
    _SETTINGS[name] = spec | {"tasks": tasks or {}}
    return name


PLAIN = service("plain")
"""The service without any settings of its own."""


def manifest(image: str = "set later") -> Manifest:
    """The TaskService of the class, as the command line writes it."""
    taskyard = str(Path(sys.executable).with_name("taskyard"))
    command = [taskyard, "manifest", "service:Trouble", "--image", image]
    written = subprocess.run(command, cwd=SERVICE, capture_output=True, check=True)
    read: Manifest = yaml.safe_load(written.stdout)
    return read


def manifests(image: str) -> list[Manifest]:
    """All TaskServices that the imported tests ask for."""
    plain = manifest(image)
    return [_with(plain, name, settings) for name, settings in _SETTINGS.items()]


def _with(plain: Manifest, name: str, settings: Manifest) -> Manifest:
    made = copy.deepcopy(plain)
    made["metadata"]["name"] = name
    tasks = [task | settings["tasks"].get(task["name"], {}) for task in made["spec"]["tasks"]]
    made["spec"] |= {"cancelGrace": 5} | settings | {"tasks": tasks}
    return made
