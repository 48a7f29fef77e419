"""Which services are meant by `service.py`, `service.py:Class`, `module`, `module:Class` or a `.yaml`."""

import re
from pathlib import Path

from taskyard._bentoml import is_bentoml_service
from taskyard._service import definition_of
from taskyard.cli._entrypoint import imported
from taskyard.cli._exits import WrongCall

MANIFESTS = (".yaml", ".yml")
"""How the name of a file of TaskServices ends."""
_MODULE = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)


def folder_of(target: str) -> Path:
    """The folder that the module is in, or the file of TaskServices, beside which their modules are.

    Raises:
        WrongCall: there is no such file.
    """
    path = target.partition(":")[0]
    if not path.endswith((".py", *MANIFESTS)):
        return Path.cwd()
    file = Path(path).absolute()
    if not file.is_file():
        raise WrongCall(f"there is no file {path}")
    return file.parent


def entrypoints(target: str) -> list[str]:
    """`module:Class` for each service that is meant; its folder must be the current one.

    Raises:
        WrongCall: there is none.
        EntrypointError: the module cannot be imported.
    """
    place, _, class_name = target.partition(":")
    module = Path(place).stem if place.endswith(".py") else place
    if not _MODULE.fullmatch(module):
        raise WrongCall(f"{module!r} is no name of a Python module; rename the file")
    if class_name:
        return [f"{module}:{class_name}"]
    names = _services_in(module)
    if not names:
        raise WrongCall(
            f"{place} has no service: decorate a class with @taskyard.service, or name one as {place}:Class"
        )
    return [f"{module}:{name}" for name in names]


def _services_in(module_name: str) -> list[str]:
    module = imported(module_name)
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
