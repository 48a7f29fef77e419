"""The TaskServices in a file that people keep by hand, with the tasks that their classes have by now."""

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from taskyard.api.taskservice import TaskService
from taskyard.cli._entrypoint import load_service
from taskyard.cli._manifest import to_manifest
from taskyard.cli._rewrite import ManifestError, kept, not_yaml


def manifests_in(text: str) -> list[dict[str, Any]]:
    """The manifests of all TaskServices in `text`; other objects are passed over.

    Raises:
        ManifestError: it is no YAML, there is no TaskService in it, or one is malformed.
        EntrypointError: there is no such class.
    """
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise not_yaml(error) from error
    found = [each for each in documents if isinstance(each, dict) and _is_service(each)]
    if not found:
        raise ManifestError("the file holds no TaskService")
    return [_up_to_date(_read(each)) for each in found]


def _is_service(document: Mapping[str, Any]) -> bool:
    return document.get("kind") == TaskService.KIND


def _read(document: Mapping[str, Any]) -> TaskService:
    try:
        return TaskService.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ManifestError(f"a TaskService in the file is none: {where}: {first['msg']}") from None


def _up_to_date(service: TaskService) -> dict[str, Any]:
    manifest, entrypoint = service.manifest(), service.spec.entrypoint
    now = to_manifest(load_service(entrypoint), entrypoint, service.spec.image, None)
    tasks = [kept(task, manifest["spec"]["tasks"]) for task in now["spec"]["tasks"]]
    return manifest | {"spec": manifest["spec"] | {"tasks": tasks}}
