"""A gateway with a gallery whose tasks run, and clients of each version of BentoML."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from taskyard._service import definition_of
from taskyard.cli._manifest import to_manifest
from tests.cluster.control_plane import ControlPlane
from tests.gateway.conftest import NewPlace, StartGateway, new_place, start_gateway
from tests.gateway.place import Place
from tests.gateway.process import Gateway

from .driver import Driver
from .services.gallery import Gallery

__all__ = ["new_place", "start_gateway"]

SERVICES = Path(__file__).parent / "services"
ROOT = Path(__file__).parents[2]

Drivers = Callable[[str], Driver]


@pytest.fixture(scope="session")
def house(new_place: NewPlace) -> Iterator[Place]:
    """A namespace with the gallery, and beside it another name of it, so that only one is at the root."""
    with new_place(gallery("gallery"), gallery("annex")) as place:
        yield place


@pytest.fixture(scope="session")
def gateway(
    house: Place,
    start_gateway: StartGateway,
    control_plane: ControlPlane,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    """A gateway with the gallery at its root, and what runs the tasks."""
    with start_gateway(house, rootService="gallery", callSeconds=30) as gateway:
        log = tmp_path_factory.mktemp("machine") / "log"
        config = gateway.folder / "settings.yaml"
        command = [sys.executable, "-m", "tests.compatibility.machine", str(config), str(SERVICES)]
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, **gateway.environment, "PYTHONPATH": path}
        with (
            log.open("wb") as output,
            subprocess.Popen(command, env=environment, stdout=output, stderr=output) as machine,
        ):
            yield gateway
            assert machine.poll() is None, log.read_text()
            machine.kill()


@pytest.fixture(scope="session")
def drivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drivers]:
    """A process for each version of BentoML, started when it is first asked for."""
    with ExitStack() as stack:
        started: dict[str, Driver] = {}

        def driver(version: str) -> Driver:
            if version not in started:
                folder = tmp_path_factory.mktemp("bentoml")
                started[version] = stack.enter_context(Driver(version, folder))
            return started[version]

        yield driver


def gallery(name: str) -> dict[str, Any]:
    """The manifest of the gallery, with the schemas that BentoML has for numpy and pandas."""
    manifest = to_manifest(
        definition_of(Gallery), "gallery:Gallery", "nowhere.test/gallery:1", name
    )
    tasks = {task["name"]: task for task in manifest["spec"]["tasks"]}
    tensor = {"type": "tensor", "format": "numpy-array"}
    tasks["scale"]["input"]["properties"]["array"] = tensor
    tasks["scale"]["output"] = tensor
    frame = {"type": "dataframe", "orient": "records"}
    tasks["sort"]["input"]["properties"]["frame"] = frame
    tasks["sort"]["output"] = frame
    return manifest
