"""A namespace whose controller is a process of the test, and reaches the API server through a door."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.api import namespace_api
from tests.chaos.yard import Yard
from tests.controller.api_door import ApiDoor
from tests.controller.processes import Controller, Controllers, until

RESYNC = 10
"""Seconds between two listings: the shortest that the settings allow."""


@dataclass(frozen=True)
class Outpost:
    """Runs cases by a controller to whose requests something may happen on their way."""

    yard: Yard
    door: ApiDoor
    controllers: Controllers

    @property
    def controller(self) -> Controller:
        """The one that was started last."""
        return self.controllers.started[-1]

    def start(self) -> None:
        """Start a controller, if none runs, and wait until it works."""
        if not self.controllers.started or self.controller.process.poll() is not None:
            self.controllers.start(resync=RESYNC, enabled=False)
        until(self.controller.leads, "the controller works")

    def complaints(self) -> list[str]:
        """The lines of the controller's log that are warnings, or worse."""
        return re.findall(
            r"^.*\b(?:WARNING|ERROR|CRITICAL|Traceback)\b.*$", self.controller.log, re.M
        )


@contextmanager
def outpost(main: Yard, folder: Path) -> Iterator[Outpost]:
    """An outpost beside an installation: in a namespace that the installation does not serve."""
    installation = main.installation
    kubectl, cluster = installation.kubectl, installation.cluster
    namespace = f"outpost-{secrets.token_hex(3)}"
    kubectl("create", "namespace", namespace)
    # The API server accepts no pod before a controller has made this.
    kubectl("wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=30s")
    try:
        with (
            namespace_api(cluster.kubeconfig, namespace) as api,
            ApiDoor(cluster.kubeconfig, folder) as door,
        ):
            controllers = Controllers(folder, namespace, door.kubeconfig, cluster.object_store)
            yard = Yard(replace(installation, namespace=namespace), api, main.trouble)
            try:
                here = Outpost(yard, door, controllers)
                here.start()
                yield here
            finally:
                yard.close()
                controllers.stop()
    finally:
        kubectl("delete", "namespace", namespace, "--wait=false")
