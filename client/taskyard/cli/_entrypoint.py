"""Finds the service class that `module:Class` names."""

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from taskyard._bentoml import is_bentoml_service, untested_release
from taskyard._service import ServiceDefinition, definition_of
from taskyard.cli._bentoml import BentoMLServiceDefinition, definition_of_bentoml
from taskyard.cli._exits import WrongCall

_ENTRYPOINT = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<cls>[A-Za-z_]\w*)", re.ASCII)


class EntrypointError(WrongCall):
    """There is no service class of that name; the message says what is wrong."""


def load_service(entrypoint: str) -> ServiceDefinition | BentoMLServiceDefinition:
    """Import the class, which may be one of BentoML's, looking in the current directory first.

    Raises:
        EntrypointError: it is malformed, cannot be imported, or names no service.
    """
    match = _ENTRYPOINT.fullmatch(entrypoint)
    if not match:
        raise EntrypointError(
            f"{entrypoint!r} is not of the form module:Class, such as app:Painter"
        )
    found = _found(match["module"], match["cls"])
    try:
        return _bentoml(found) if is_bentoml_service(found) else definition_of(found)
    except TypeError as error:
        raise EntrypointError(str(error)) from error


def _bentoml(service: Any) -> BentoMLServiceDefinition:
    if (trouble := untested_release()) is not None:
        raise EntrypointError(trouble)
    return definition_of_bentoml(service)


def imported(module_name: str) -> ModuleType:
    """The module of that name, looked for in the current directory first.

    Raises:
        EntrypointError: it raises, whatever that is: it is told, and no stack of ours goes with it.
    """
    here = str(Path.cwd())
    if sys.path[:1] != [here]:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError) and error.name == "bentoml":
            told += "; install it with: pip install 'taskyard[bentoml]'"
        raise EntrypointError(f"module {module_name!r} cannot be imported: {told}") from error


def _found(module_name: str, class_name: str) -> Any:
    found = getattr(imported(module_name), class_name, None)
    if isinstance(found, type) or is_bentoml_service(found):
        return found
    raise EntrypointError(f"module {module_name!r} has no class {class_name!r}")
