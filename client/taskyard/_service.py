"""The decorators: they mark a class as a service and its methods as tasks, and change neither.

A decorated class is still the plain class, to be built and called in a test. What the decorators
found out is attached to it, and read with `definition_of`.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from taskyard._values.signature import Signature

_Class = TypeVar("_Class", bound=type)
_Function = TypeVar("_Function", bound=Callable[..., Any])

_SERVICE_MARK = "__taskyard_service__"
_TASK_MARK = "__taskyard_task__"
_DEFINITION_MARK = "__taskyard_definition__"
_ROUTE = re.compile(r"/[A-Za-z0-9_./-]*[A-Za-z0-9_-]")
_TASK_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True)
class TaskDefinition:
    """One task of a service.

    Attributes:
        name: the method's name.
        route: its path below the service's, with a leading slash.
        description: the method's docstring.
        function: the method, to be called with an instance first.
        signature: how arguments and result travel.
    """

    name: str
    route: str
    description: str
    function: Callable[..., Any]
    signature: "Signature"

    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments: an object with one property for each."""
        return self.signature.input_schema()

    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the result; in `x-outputs` that of each value which the task yields."""
        return self.signature.output_schema()


@dataclass(frozen=True)
class ServiceDefinition:
    """A service class and its tasks, in the order they are written.

    `resources`, `gpu` and `warm` are what the class asks for, as given to the decorator.
    """

    name: str
    cls: type
    tasks: Mapping[str, TaskDefinition]
    description: str = ""
    resources: Mapping[str, Any] | None = None
    gpu: int | Mapping[str, Any] | None = None
    warm: bool = False


@dataclass(frozen=True)
class _TaskMark:
    route: str | None


@overload
def service(cls: _Class, /) -> _Class: ...


@overload
def service(
    *,
    name: str | None = None,
    resources: Mapping[str, Any] | None = None,
    gpu: int | Mapping[str, Any] | None = None,
    warm: bool = False,
) -> Callable[[_Class], _Class]: ...


def service(
    cls: type | None = None,
    /,
    *,
    name: str | None = None,
    resources: Mapping[str, Any] | None = None,
    gpu: int | Mapping[str, Any] | None = None,
    warm: bool = False,
) -> Any:
    """Mark a class as a service: `@taskyard.service`, or with arguments.

    Args:
        cls: the class, when used without arguments.
        name: the service's name; the class's own where not given.
        resources: CPU and memory that a task needs, such as `{"cpu": "2", "memory": "8Gi"}`.
        gpu: how many accelerators a task needs, or a mapping with `count` and `type`.
        warm: on one machine (`taskyard serve`), build the class once in a process that runs task after
            task, in place of one process for each.

    Raises:
        TypeError: the class has no task, or a task's annotation cannot travel; the message
            names the parameter and says what to use.
        ValueError: a route is malformed or used twice.
    """

    def mark(cls: type) -> type:
        if not isinstance(cls, type):
            raise TypeError(f"@taskyard.service is for classes, not for {cls!r}")
        definition = ServiceDefinition(
            name or cls.__name__, cls, _tasks(cls), _doc(cls), resources, gpu, warm
        )
        setattr(cls, _SERVICE_MARK, definition)
        return cls

    return mark if cls is None else mark(cls)


@overload
def task(function: _Function, /) -> _Function: ...


@overload
def task(*, route: str | None = None) -> Callable[[_Function], _Function]: ...


def task(function: Callable[..., Any] | None = None, /, *, route: str | None = None) -> Any:
    """Mark a method of a service as a task: `@taskyard.task`, or with arguments.

    Args:
        function: the method, sync or `async def`, when used without arguments. Where it yields, each
            value is an output, given away before the end, and what it returns is the result.
        route: its path below the service's, with a leading slash; `/<name>` where not given.

    Raises:
        TypeError: what is decorated is no function.
        ValueError: the route or the name is malformed.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        _check_function(function)
        if route is not None and not _ROUTE.fullmatch(route):
            raise ValueError(
                f"route {route!r} must be a path with a leading slash, such as '/paint'"
            )
        setattr(function, _TASK_MARK, _TaskMark(route))
        return function

    return mark if function is None else mark(function)


def definition_of(cls: type) -> ServiceDefinition:
    """What the decorators found out about a service class.

    Raises:
        TypeError: the class is not decorated with `@taskyard.service`.
    """
    # Not getattr: a subclass of a service is a service only when it is decorated itself.
    definition = vars(cls).get(_SERVICE_MARK)
    if not isinstance(definition, ServiceDefinition):
        raise TypeError(
            f"{cls.__qualname__} is not a service: decorate the class with @taskyard.service"
        )
    return definition


def definition_of_task(method: Callable[..., Any]) -> TaskDefinition:
    """What the decorators found out about a method, given as `Studio.paint`.

    Raises:
        TypeError: it is no task, or its class is no service.
    """
    definition = getattr(method, _DEFINITION_MARK, None)
    if not isinstance(definition, TaskDefinition):
        raise TypeError(
            f"{getattr(method, '__qualname__', method)} is no task of a service: give a method with "
            "@taskyard.task of a class with @taskyard.service, or the task's name"
        )
    return definition


def _check_function(function: Callable[..., Any]) -> None:
    if not inspect.isfunction(function):
        raise TypeError(f"@taskyard.task is for plain methods, not for {function!r}")
    if not _TASK_NAME.fullmatch(function.__name__):
        raise ValueError(f"task name {function.__name__!r} must be ASCII, at most 63 characters")


def _tasks(cls: type) -> dict[str, TaskDefinition]:
    found: dict[str, TaskDefinition] = {}
    for name in dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base)):
        member = inspect.getattr_static(cls, name)
        mark = getattr(member, _TASK_MARK, None)
        if isinstance(mark, _TaskMark):
            found[name] = _definition(cls, name, member, mark)
    if not found:
        raise TypeError(f"{cls.__qualname__} has no task: mark its methods with @taskyard.task")
    _check_routes(found)
    return found


def _definition(
    cls: type, name: str, function: Callable[..., Any], mark: _TaskMark
) -> TaskDefinition:
    # Not at the top: this is where pydantic comes in, and a task's pod supervisor never gets here.
    from taskyard._values.signature import Signature
    from taskyard._values.wire import UnsupportedAnnotation

    # Only classes: a task called `list` must not be taken for the type of that name.
    known = {key: value for key, value in vars(cls).items() if isinstance(value, type)}
    try:
        signature = Signature(function, {**known, cls.__name__: cls})
    except UnsupportedAnnotation as error:
        raise TypeError(f"task {name!r} of {cls.__qualname__}: {error}") from None
    route = mark.route or f"/{name}"
    definition = TaskDefinition(name, route, _doc(function), function, signature)
    setattr(function, _DEFINITION_MARK, definition)
    return definition


def _check_routes(tasks: Mapping[str, TaskDefinition]) -> None:
    taken: dict[str, str] = {}
    for task_ in tasks.values():
        if task_.route in taken:
            raise ValueError(
                f"tasks {taken[task_.route]!r} and {task_.name!r} share the route {task_.route!r}"
            )
        taken[task_.route] = task_.name


def _doc(documented: Any) -> str:
    # Not getdoc: a class without a docstring must not get that of its base.
    return inspect.cleandoc(documented.__doc__ or "")
