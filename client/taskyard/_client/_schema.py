"""What `/schema.json` says: the tasks of a service, their parameters and their results."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

Schema = Mapping[str, Any]
"""A JSON schema."""


def branches_of(schema: Schema) -> Sequence[Schema]:
    """The schemas of which a value may fit any, such as that of null where it may be left out."""
    branches: Sequence[Schema] = schema.get("anyOf") or schema.get("oneOf") or (schema,)
    return branches


def holds_files(schema: Schema) -> bool:
    """Whether its values are lists of files."""
    return schema.get("type") == "array" and schema.get("items", {}).get("type") == "file"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a task, and the schema of its values."""

    name: str
    schema: Schema
    required: bool

    def __str__(self) -> str:
        if self.required:
            return self.name
        return (
            f"{self.name}={self.schema['default']!r}"
            if "default" in self.schema
            else f"{self.name}=…"
        )


@dataclass(frozen=True, slots=True)
class OwnApi:
    """Taskyard's own API: its address (`.../v1`), and what the service is called there."""

    url: str
    service: str


@dataclass(frozen=True, slots=True)
class TaskSchema:
    """A task: `parameters` in the order of its signature, and the schema of what it returns.

    `takes_more` is whether it takes arguments that the schema does not name, `takes_one` whether its one
    argument is the whole body. `own` is None where the server speaks BentoML's protocol only, as its own
    does.
    """

    name: str
    route: str
    description: str
    parameters: tuple[Parameter, ...]
    output: Schema
    takes_more: bool = False
    takes_one: bool = False
    own: OwnApi | None = None
    returned: Any = Any

    @property
    def signature(self) -> str:
        """For people: `paint(prompt, seed=0)`."""
        return f"{self.name}({', '.join(map(str, self.parameters))})"


@dataclass(frozen=True, slots=True)
class ServiceSchema:
    """A service and its tasks by name."""

    name: str
    tasks: Mapping[str, TaskSchema]
    own: OwnApi | None = None

    def task(self, name: str) -> TaskSchema:
        """The task of that name.

        Raises:
            AttributeError: there is none; the message lists those that there are.
        """
        if name in self.tasks:
            return self.tasks[name]
        there = ", ".join(sorted(self.tasks)) or "none"
        raise AttributeError(
            f"the service {self.name!r} has no task {name!r}; its tasks are: {there}"
        )

    def past_task(self, name: str) -> TaskSchema:
        """The task of that name, also where the service has none any more: its runs are still there."""
        return self.tasks.get(name) or TaskSchema(name, f"/{name}", "", (), {}, own=self.own)

    def without_own(self) -> "ServiceSchema":
        """The same, as a server tells it that has no API of Taskyard's own."""
        tasks = {name: replace(task, own=None) for name, task in self.tasks.items()}
        return ServiceSchema(self.name, tasks)


def read_schema(body: bytes, address: str = "") -> ServiceSchema:
    """The service that a schema document describes; routes that are not tasks are left out.

    Where it tells of other addresses they are relative to its own.

    Raises:
        ValueError: it is no such document.
    """
    document = json.loads(body)
    try:
        routes = [route for route in document["routes"] if route.get("is_task")]
        own = _own_api(document.get("x-taskyard") or {}, address)
        tasks = {route["name"]: read_task(route, own) for route in routes}
        return ServiceSchema(document.get("name") or "", tasks, own)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the schema document lacks or garbles {error}") from error


def _own_api(told: Mapping[str, Any], address: str) -> OwnApi | None:
    if not told.get("v1") or not told.get("service"):
        return None
    return OwnApi(urljoin(address, told["v1"]), told["service"])


def read_task(route: Mapping[str, Any], own: OwnApi | None = None) -> TaskSchema:
    """The task that a route of such a document describes."""
    arguments = route["input"]
    takes_one = bool(arguments.get("root_input")) and "properties" not in arguments
    if takes_one:
        arguments = {"properties": {"value": arguments}, "required": ["value"]}
    required = arguments.get("required", ())
    return TaskSchema(
        name=route["name"],
        route="/" + route["route"].strip("/"),
        description=route.get("doc") or route.get("description") or "",
        parameters=tuple(
            Parameter(name, schema, name in required)
            for name, schema in arguments.get("properties", {}).items()
        ),
        output=route.get("output") or {},
        takes_more=bool(arguments.get("additionalProperties")),
        takes_one=takes_one,
        own=own,
    )
