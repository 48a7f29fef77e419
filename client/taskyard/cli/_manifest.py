"""A service class to the manifest of its TaskService, and a manifest to YAML."""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from taskyard._service import ServiceDefinition, TaskDefinition
from taskyard.api.names import bounded
from taskyard.api.resource import Metadata
from taskyard.api.taskservice import Gpu, Resources, Task, TaskService, TaskServiceSpec
from taskyard.cli._bentoml import BentoMLServiceDefinition, BentoMLTaskDefinition
from taskyard.cli._entrypoint import EntrypointError

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def to_manifest(
    service: ServiceDefinition | BentoMLServiceDefinition,
    entrypoint: str,
    image: str,
    name: str | None,
) -> dict[str, Any]:
    """The manifest of a service as plain data.

    Raises:
        EntrypointError: the class asks for what no TaskService can hold.
    """
    try:
        spec = TaskServiceSpec(
            image=image,
            entrypoint=entrypoint,
            tasks=[_task(task) for task in service.tasks.values()],
            resources=_resources(service.resources),
            gpu=_gpu(service.gpu),
            warm=service.warm or None,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise EntrypointError(f"no TaskService can hold this: {where}: {first['msg']}") from error
    metadata = Metadata(name=name or kubernetes_name(service.name))
    return TaskService(metadata=metadata, spec=spec).manifest()


def kubernetes_name(class_name: str) -> str:
    """A class's name as Kubernetes writes names: `ImageGeneration` becomes `image-generation`."""
    words = _WORD_STARTS.sub("-", class_name).lower()
    return re.sub(r"[^a-z0-9]+", "-", words)[:63].strip("-")


def to_yaml(data: Any) -> str:
    """YAML as people write it: in the order given, no anchors, text of several lines as a block."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # A next line (U+0085) is printable by YAML's rules, and escaped between double quotes alone.
    style = '"' if "\x85" in text else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _task(task: TaskDefinition | BentoMLTaskDefinition) -> Task:
    return Task(
        name=task.name,
        route=task.route if task.route != f"/{task.name}" else None,
        description=bounded(task.description) or None,
        input=_with_order(task.input_schema()),
        output=task.output_schema(),
    )


def _with_order(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, with the order of its properties where the API server would lose it.

    It sorts the keys of objects; what is required comes first by the list `required`.
    """
    properties = list(schema.get("properties") or {})
    optional = len(properties) - len(schema.get("required") or ())
    return schema | {"x-order": properties} if optional > 1 else schema


def _resources(asked: Mapping[str, Any] | None) -> Resources:
    """What a task needs, reserved for it; memory is also its limit, CPU that lies idle is not."""
    needs = {kind: str(quantity) for kind, quantity in (asked or {}).items()}
    limits = {"memory": needs["memory"]} if "memory" in needs else {}
    return Resources(requests=needs, limits=limits)


def _gpu(asked: int | Mapping[str, Any] | None) -> Gpu | None:
    if not asked:
        return None
    return Gpu(count=asked) if isinstance(asked, int) else Gpu.model_validate(asked)
