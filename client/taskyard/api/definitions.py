"""Whether the definitions in a cluster know all that this version of the models has."""

from collections.abc import Iterator, Mapping
from typing import Any

from taskyard._values.schema import inlined
from taskyard.api.names import VERSION
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService

Kind = type[TaskRun] | type[TaskService]
KINDS: tuple[Kind, ...] = (TaskService, TaskRun)


def missing_fields(kind: Kind, installed: Mapping[str, Any]) -> list[str]:
    """The fields that this version needs and an installed CustomResourceDefinition does not have."""
    needed = inlined(kind.model_json_schema(by_alias=True))
    for version in installed["spec"]["versions"]:
        if version["name"] == VERSION and version.get("served"):
            there = set(_field_paths(version["schema"]["openAPIV3Schema"]))
            return [path for path in _field_paths(needed) if path not in there]
    return [VERSION]


def _field_paths(schema: Mapping[str, Any]) -> Iterator[str]:
    """Those of the two parts that are ours: what is in the metadata is Kubernetes' own."""
    for part in ("spec", "status"):
        yield part
        yield from _below(schema["properties"].get(part) or {}, f"{part}.")


def _below(schema: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for branch in schema.get("anyOf") or ():  # an optional field is one of null as well
        yield from _below(branch, prefix)
    for name, field in (schema.get("properties") or {}).items():
        yield f"{prefix}{name}"
        yield from _below(field, f"{prefix}{name}.")
    if "items" in schema:
        yield from _below(schema["items"], prefix)
