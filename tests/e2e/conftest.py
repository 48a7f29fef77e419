"""The service of `lab/`, deployed in the installation that tests share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import taskyard
from tests.e2e.installation import Installation

LAB = Path(__file__).parent / "lab"


@pytest.fixture(scope="session")
def lab(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The installation with the service `lab` in it."""
    installation.deploy(LAB, lab_manifest())
    return installation


def lab_manifest(name: str = "lab", **spec: object) -> dict[str, object]:
    """The TaskService of the lab, as the command line writes it, with some fields more."""
    taskyard = str(Path(sys.executable).with_name("taskyard"))
    command = [taskyard, "manifest", "service:Lab", "--image", "set-by-deploy", "--name", name]
    written = subprocess.run(command, cwd=LAB, capture_output=True, check=True)
    manifest: dict[str, object] = yaml.safe_load(written.stdout)
    manifest["spec"] |= spec  # type: ignore[operator]
    return manifest


@pytest.fixture(scope="session")
def gateway(lab: Installation) -> Iterator[str]:
    """The URL of the gateway."""
    with lab.gateway() as url:
        yield url


@pytest.fixture
def client(gateway: str) -> Iterator[taskyard.SyncHTTPClient]:
    """Our client of the lab."""
    with taskyard.SyncHTTPClient(f"{gateway}/services/lab") as lab_client:
        yield lab_client
