"""From an entrypoint, such as `service:Painter`, to a service whose tasks can be run."""

import importlib
import os
import sys
from typing import Any

from taskyard._bentoml import is_bentoml_service
from taskyard._current_task import TaskCancelled
from taskyard_runtime.adapters import LoadError, Service
from taskyard_runtime.adapters.native import NativeService


def load(entrypoint: str) -> Service:
    """Import the service class from the working directory.

    Raises:
        LoadError: with the error that importing raised as its cause, if there is one.
    """
    module_name, _, class_name = entrypoint.partition(":")
    if not module_name or not class_name.isidentifier():
        raise LoadError(f"entrypoint {entrypoint!r} must have the form module:Class")
    found = _import(module_name, class_name)
    if is_bentoml_service(found):
        # Not at the top: BentoML is there only where a service is written with it.
        from taskyard_runtime.adapters.bentoml import BentoMLService

        return BentoMLService(found)
    if not isinstance(found, type):
        raise LoadError(f"module {module_name} has no class {class_name}")
    return NativeService(found)


def _import(module_name: str, class_name: str) -> Any:
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - sys.path holds strings
    try:
        module = importlib.import_module(module_name)
    except TaskCancelled:
        raise
    # SystemExit and the like too: a module that ends the process at import is a broken one.
    except BaseException as error:
        raise LoadError(f"{module_name} could not be imported") from error
    return getattr(module, class_name, None)
