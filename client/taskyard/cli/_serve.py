"""`taskyard serve`: what is to be served, written down for the server that takes this process's place."""

import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from taskyard._bentoml import is_bentoml_service
from taskyard._service import definition_of
from taskyard.cli._entrypoint import EntrypointError, load_service
from taskyard.cli._manifest import to_manifest, to_yaml

SERVER = "taskyard_operator.local"
_NEEDED = ("fastapi", "multipart", "obstore", "psutil", "uvicorn")
_MODULE = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)


class CannotServe(Exception):
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


def find_services(targets: Sequence[str]) -> Served:
    """The services that `service.py`, `service.py:Class`, `module` and `module:Class` name.

    Raises:
        CannotServe: they are in several folders, or two have one name.
        EntrypointError: there is no such service.
    """
    folders = {_folder(target) for target in targets}
    if len(folders) > 1:
        told = ", ".join(sorted(map(str, folders)))
        raise CannotServe(f"services of one server are in one folder, and these are in {told}")
    modules = folders.pop()
    os.chdir(modules)  # where the entry points are looked for, and where their tasks will run
    entrypoints = [entrypoint for target in targets for entrypoint in _entrypoints(target)]
    manifests = [to_manifest(load_service(one), one, "local", None) for one in entrypoints]
    names = [manifest["metadata"]["name"] for manifest in manifests]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CannotServe(f"two services are called {', '.join(sorted(twice))}")
    return Served(manifests, modules)


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


def _folder(target: str) -> Path:
    path = target.partition(":")[0]
    if not path.endswith(".py"):
        return Path.cwd()
    file = Path(path).absolute()
    if not file.is_file():
        raise CannotServe(f"there is no file {path}")
    return file.parent


def _entrypoints(target: str) -> list[str]:
    """`module:Class` for each service that is meant."""
    place, _, class_name = target.partition(":")
    module = Path(place).stem if place.endswith(".py") else place
    if not _MODULE.fullmatch(module):
        raise CannotServe(f"{module!r} is no name of a Python module; rename the file")
    if class_name:
        return [f"{module}:{class_name}"]
    names = _services_in(module)
    if not names:
        raise CannotServe(
            f"{place} has no service: decorate a class with @taskyard.service, or name one as {place}:Class"
        )
    return [f"{module}:{name}" for name in names]


def _services_in(module_name: str) -> list[str]:
    if sys.path[:1] != [str(Path.cwd())]:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise EntrypointError(f"module {module_name!r} cannot be imported: {told}") from error
    return [name for name, found in vars(module).items() if _is_service_of(module_name, found)]


def _is_service_of(module_name: str, found: object) -> bool:
    if is_bentoml_service(found):
        return True
    if not isinstance(found, type) or found.__module__ != module_name:
        return False
    try:
        definition_of(found)
    except TypeError:
        return False
    return True
