"""`/schema.json`: what a client needs to know of a service, in BentoML's words."""

from typing import Any

from taskyard.api.taskservice import TaskService
from taskyard_operator.gateway.validation import Schema, fields_of, is_root

EXTENSION = "x-taskyard"
"""Where the document says what BentoML has no words for; its clients pass it over."""


def service_schema(service: TaskService, prefix: str = "", *, own_api: str) -> dict[str, Any]:
    """The document as both clients read it; `prefix` goes before every route.

    `own_api` is where the gateway's own API is, relative to the document's address: so it is right
    whatever a proxy has put in front.
    """
    tasks = sorted(service.spec.tasks, key=lambda task: task.name)
    return {
        "name": service.spec.entrypoint.partition(":")[2],
        "type": "service",
        "routes": [
            {
                "name": task.name,
                "route": f"{prefix}{task.path}",
                "doc": task.description,
                "batchable": False,
                "input": ordered(task.input),
                "output": task.output,
                "is_task": True,
            }
            for task in tasks
        ],
        "paths": {f"{prefix}{task.path}": {"mounted": False} for task in tasks},
        EXTENSION: {"service": service.metadata.name, "v1": own_api},
    }


def ordered(schema: Schema) -> Schema:
    """The properties in the order of the task's signature, by which clients bind positional arguments.

    The API server sorts the keys of objects and keeps lists as they are: so the order is that of the
    list `x-order` where the manifest has one. What a signature requires comes first in any case.
    An input that is one value has none: it stays as it is.
    """
    if is_root(schema):
        return schema
    properties = fields_of(schema)
    order = [*(schema.get("x-order") or ()), *(schema.get("required") or ()), *properties]
    ordered = {name: properties[name] for name in order if name in properties}
    return {"type": "object", **schema, "properties": ordered}
