"""`taskyard serve`: what is to be served, written down for the server that takes this process's place."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from taskyard.cli._entrypoint import load_service
from taskyard.cli._exits import WrongCall
from taskyard.cli._manifest import to_manifest, to_yaml
from taskyard.cli._manifest_file import manifests_in
from taskyard.cli._targets import MANIFESTS, entrypoints, folder_of

SERVER = "taskyard_operator.local"
_NEEDED = ("fastapi", "multipart", "obstore", "psutil", "standardwebhooks", "uvicorn")


class CannotServe(WrongCall):
    """The call makes no sense; the message is a sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Served:
    """The manifests of the services, and the folder that their modules are in."""

    manifests: list[dict[str, Any]]
    modules: Path

    @property
    def name(self) -> str:
        """The name of the first service, which the data is kept under."""
        return str(self.manifests[0]["metadata"]["name"])

    def warmed(self, warm: bool | None) -> "Served":
        """The same, all of them kept warm or none; where it is None, each as it says itself."""
        if warm is None:
            return self
        manifests = [each | {"spec": each["spec"] | {"warm": warm}} for each in self.manifests]
        return Served(manifests, self.modules)


def modules_folder(targets: Sequence[str]) -> Path:
    """The folder that the modules of services are in.

    Raises:
        CannotServe: they are in several folders.
    """
    folders = {folder_of(target) for target in targets}
    if len(folders) > 1:
        told = ", ".join(sorted(map(str, folders)))
        raise CannotServe(f"services of one server are in one folder, and these are in {told}")
    return folders.pop()


def find_services(targets: Sequence[str]) -> Served:
    """The services that `service.py`, `service.py:Class`, `module`, `module:Class` or a `.yaml` name.

    Raises:
        CannotServe: they are in several folders, or two have one name.
        EntrypointError: there is no such service.
        ManifestError: a file holds no TaskService.
    """
    modules = modules_folder(targets)
    os.chdir(modules)  # where the entry points are looked for, and where their tasks will run
    manifests = [manifest for target in targets for manifest in _manifests(target)]
    names = [manifest["metadata"]["name"] for manifest in manifests]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CannotServe(f"two services are called {', '.join(sorted(twice))}")
    return Served(manifests, modules)


def _manifests(target: str) -> list[dict[str, Any]]:
    if target.endswith(MANIFESTS):
        return manifests_in(Path(Path(target).name).read_text())
    return [to_manifest(load_service(one), one, "local", None) for one in entrypoints(target)]


def data_folder(served: Served) -> Path:
    """Where the data of these services is kept, by the convention of the platform."""
    return user_data_path("taskyard", appauthor=False) / served.name


def become_server(served: Served, data: Path, options: Sequence[str]) -> None:
    """Turn this process into the server; returns only by an exception.

    The server imports none of the user's code: a service that is broken, or leaks, breaks its task alone.

    Raises:
        CannotServe: the server's libraries are not installed.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CannotServe(
            f"{', '.join(missing)} missing; install the server with: pip install 'taskyard[serve]'"
        )
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    manifests = data / "services.yaml"
    manifests.write_text("---\n".join(to_yaml(manifest) for manifest in served.manifests))
    command = [sys.executable, "-P", "-m", SERVER, "--services", str(manifests)]
    command += ["--modules", str(served.modules), "--data", str(data), *options]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - our own module
