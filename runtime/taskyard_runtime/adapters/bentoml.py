"""Services written with BentoML, unmodified: `@bentoml.service` and `@bentoml.task`.

BentoML has no public way to run one task without its server. This does what the server does around a
task, in the same order and with BentoML's own parts: so arguments, results, hooks and context are
BentoML's. All that is not public in it is used here, where a service is built, and in `bentoml_task.py`,
where a task of it is called; each place says what was observed.

It differs from the server where a Job is no server: a sync task runs in the main thread, where a signal
can interrupt it; a call to a sibling task is a plain call and not a request; services that this one
depends on are built in the same process; a `Path` is a result.
"""

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable, Iterator
from contextvars import copy_context
from typing import Any

from taskyard._bentoml import untested_release
from taskyard._current_task import TaskCancelled
from taskyard_runtime.adapters import LoadError
from taskyard_runtime.adapters.bentoml_task import BentoMLTask
from taskyard_runtime.coroutines import cancellable
from taskyard_runtime.errors import write_traceback
from taskyard_runtime.execution import Stop

_STARTUP, _SHUTDOWN, _DEPLOYMENT = (
    # Observed: the decorators `on_startup`, `on_shutdown`, `on_deployment` set these marks.
    f"__bentoml_{name}_hook__"
    for name in ("startup", "shutdown", "deployment")
)


class BentoMLService:
    """A class decorated with `@bentoml.service`, and what it depends on.

    Args:
        service: the object that BentoML's decorator has made of the class.

    Raises:
        LoadError: its BentoML is none that this was tested with.
    """

    def __init__(self, service: Any) -> None:
        if (trouble := untested_release()) is not None:
            raise LoadError(trouble)
        self.service = service
        self._instance: Any = None
        self._built: dict[str, tuple[Any, Any]] = {}
        # One loop for all: what a hook has bound to it must live in the task.
        self._loop = asyncio.Runner()

    def task(self, name: str) -> BentoMLTask:
        """One call of a `@bentoml.task`."""
        # Observed: `Service.apis` holds an `APIMethod` for each task and each other endpoint, by the
        # name of the attribute; what clients know is the name of the function.
        tasks = {api.name: key for key, api in self.service.apis.items() if api.is_task}
        if name not in tasks:
            known = ", ".join(tasks) or "none, as no method is marked with @bentoml.task"
            raise LoadError(f"{self.service.name} has no task {name!r}; its tasks are: {known}")
        return BentoMLTask(self, tasks[name])

    def instance(self, stop: Stop) -> Any:
        """The service, built with what it depends on, its hooks run, as the server does at its start."""
        # Not public: `bentoml.get_current_service` answers what this sets.
        from _bentoml_sdk.service import set_current_service

        if self._instance is not None:
            return self._instance
        try:
            # Observed: the services in this process get their settings, as `BENTOML_CONFIG` has them.
            self.service.inject_config()
            for each in self.service.all_services().values():
                _set_environment(each)
                for hook in _hooks(each, each.inner, _DEPLOYMENT):
                    hook()
            self._instance = self._start(self.service, stop)
            set_current_service(self._instance)
        except TaskCancelled:
            raise
        except BaseException as error:
            raise LoadError(f"{self.service.name} could not be built") from error
        return self._instance

    def run(self, awaitable: Awaitable[Any], stop: Stop) -> Any:
        """What an awaitable gives; a cancel ends it."""
        # A copy of now: a loop's own context is that of its beginning, and knows of no request.
        return self._loop.run(cancellable(_awaited(awaitable), stop), context=copy_context())

    def close(self) -> None:
        """Run the hooks of the end, and let go of connections."""
        # Observed: it closes the clients of services that are elsewhere, which `depends` has made.
        from _bentoml_sdk.service.dependency import cleanup

        with self._loop:
            for service, instance in reversed(self._built.values()):
                for hook in _hooks(service, instance, _SHUTDOWN):
                    try:
                        self._finish(hook())
                    except Exception as error:
                        write_traceback(error)
            self._loop.run(cleanup())

    def _start(self, service: Any, stop: Stop) -> Any:
        """The instance of a service, started after those it depends on; one of each service."""
        if service.name in self._built:
            return self._built[service.name][1]
        for dependency in service.dependencies.values():
            if dependency.on is None or dependency.url or dependency.deployment:
                # Observed: the first access makes a client for what runs elsewhere.
                self.run(_opened(dependency.__get__(service, type(service))), stop)
            else:
                # Observed: what the first access keeps. It would build one for each that depends on it.
                dependency._resolved = self._start(dependency.on, stop)  # noqa: SLF001
        # Observed: calling the service builds the class, and gives it `to_sync` and `to_async`.
        instance = service()
        for hook in _hooks(service, instance, _STARTUP):
            result = hook()
            if inspect.isawaitable(result):
                self.run(result, stop)
        self._built[service.name] = service, instance
        return instance

    def _finish(self, result: Any) -> None:
        if inspect.isawaitable(result):
            self._loop.run(_awaited(result), context=copy_context())


def _hooks(service: Any, owner: Any, mark: str) -> Iterator[Callable[[], Any]]:
    for name in dir(service.inner):
        if not name.startswith("__") and getattr(getattr(service.inner, name), mark, False):
            yield getattr(owner, name)


def _set_environment(service: Any) -> None:
    """The variables that a service names, with its value for each that is not set."""
    for variable in service.envs:
        if getattr(variable, "stage", "all") == "build" or variable.name in os.environ:
            continue
        if not variable.value:
            raise ValueError(
                f"{service.name} needs the environment variable {variable.name}: set it in the "
                "podTemplate of the TaskService"
            )
        os.environ[variable.name] = variable.value


async def _opened(client: Any) -> None:
    await client.__aenter__()


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
