"""What a service written with BentoML says of itself, in the words of our own services."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from taskyard._values.schema import inlined

_FILES = ("file", "tensor", "dataframe")
"""Types of BentoML's schemas that JSON schema does not know: clients send these in ways of their own."""


@dataclass(frozen=True)
class BentoMLTaskDefinition:
    """One `@bentoml.task`; `description` is the method's docstring."""

    name: str
    route: str
    description: str
    input: Mapping[str, Any]
    output: Mapping[str, Any]

    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return deepcopy(dict(self.input))

    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the result."""
        return deepcopy(dict(self.output))


@dataclass(frozen=True)
class BentoMLServiceDefinition:
    """A class decorated with `@bentoml.service`, its tasks, and what the decorator was told it needs.

    `service` is what the decorator has made of the class.
    """

    service: Any
    name: str
    tasks: Mapping[str, BentoMLTaskDefinition]
    resources: Mapping[str, Any] | None
    gpu: Mapping[str, Any] | None
    warm: bool = False


def definition_of_bentoml(service: Any) -> BentoMLServiceDefinition:
    """What BentoML found out about a service class.

    Raises:
        TypeError: it has no task.
    """
    # Observed: `schema()` is what its server answers at /schema.json, with a route for each of `apis`.
    routes = zip(service.apis.values(), service.schema()["routes"], strict=True)
    tasks = {
        api.name: BentoMLTaskDefinition(
            name=api.name,
            route=route["route"],
            description=cleandoc(api.doc or ""),
            input=_input(api.input_spec.model_json_schema(), route["input"]),
            output=inlined(route["output"]),
        )
        for api, route in routes
        if api.is_task
    }
    if not tasks:
        raise TypeError(f"{service.name} has no task: mark its methods with @bentoml.task")
    asked = dict(service.config.get("resources") or {})
    resources = {kind: asked[kind] for kind in ("cpu", "memory") if asked.get(kind)}
    return BentoMLServiceDefinition(service, service.name, tasks, resources or None, _gpu(asked))


def _input(whole: Mapping[str, Any], flat: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the arguments, against which the gateway checks them.

    BentoML keeps the first branch of a union: `int | None` is an integer in its schema, and its server,
    which does not go by the schema, takes null as well. So unions are kept whole, but for those of files,
    which clients tell by the first branch.
    """
    try:
        schema: dict[str, Any] = _kept(inlined(whole))
    except RecursionError:  # a model that refers to itself
        return dict(flat)
    return schema


def _kept(node: Any) -> Any:
    if isinstance(node, list):
        return [_kept(item) for item in node]
    if not isinstance(node, dict):
        return node
    branches = node.get("anyOf") or []
    if branches and _is_file(branches[0]):
        node = {key: value for key, value in node.items() if key != "anyOf"} | branches[0]
    return {key: _kept(value) for key, value in node.items()}


def _is_file(schema: Mapping[str, Any]) -> bool:
    if schema.get("type") == "array":
        return _is_file(schema.get("items") or {})
    return schema.get("type") in _FILES


def _gpu(asked: Mapping[str, Any]) -> dict[str, Any] | None:
    if not asked.get("gpu"):
        return None
    gpu = {"count": int(asked["gpu"])}
    return gpu | {"type": asked["gpu_type"]} if asked.get("gpu_type") else gpu
