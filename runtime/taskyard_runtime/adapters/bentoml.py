"""Services written with BentoML, unmodified: `@bentoml.service` and `@bentoml.task`.

BentoML has no public way to run one task without its server. This does what the server does around a
task, in the same order and with BentoML's own parts: so arguments, results, hooks and context are
BentoML's. All that is not public in it is used in this file, and each place says what was observed.

It differs from the server where a Job is no server: a sync task runs in the main thread, where a signal
can interrupt it; a call to a sibling task is a plain call and not a request; services that this one
depends on are built in the same process; a `Path` is a result.
"""

import asyncio
import inspect
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from pathlib import Path
from typing import Any

from taskyard._bentoml import untested_release
from taskyard._current_task import TaskCancelled, current_task
from taskyard._values.wire import Encoded, InvalidInput, InvalidResult, Problem
from taskyard.api.answer_headers import fitting_headers
from taskyard_runtime.adapters import LoadError
from taskyard_runtime.adapters.asgi import Answer, body_of, http_scope
from taskyard_runtime.coroutines import cancellable
from taskyard_runtime.errors import describe, write_traceback
from taskyard_runtime.execution import Stop
from taskyard_runtime.protocol import Request

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

    def task(self, name: str) -> "BentoMLTask":
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

    def run(self, coroutine: Coroutine[Any, Any, Any], stop: Stop) -> Any:
        """What a coroutine returns; a cancel ends it."""
        # A copy of now: a loop's own context is that of its beginning, and knows of no request.
        return self._loop.run(cancellable(coroutine, stop), context=copy_context())

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
                self.run(_awaited(result), stop)
        self._built[service.name] = service, instance
        return instance

    def _finish(self, result: Any) -> None:
        if inspect.isawaitable(result):
            self._loop.run(_awaited(result), context=copy_context())


class BentoMLTask:
    """One call of a task, from the context of its request to BentoML's response.

    Args:
        service: the service that has it.
        attribute: the name of its method.
    """

    def __init__(self, service: BentoMLService, attribute: str) -> None:
        self._owner = service
        self._service = service.service
        self._attribute = attribute
        self._method = self._service.apis[attribute]
        self._folder = Path()
        self._positional: tuple[Any, ...] = ()
        self._named: dict[str, Any] = {}
        self._closing = ExitStack()
        self._serde: Any = None

    def read(self, request: Request, stop: Stop) -> None:
        """Decode the arguments by BentoML's own serialisation, inside the context of a request."""
        from _bentoml_impl.serde import ALL_SERDE  # observed: by content type; JSON for any other
        from pydantic import ValidationError
        from starlette.requests import Request as HTTPRequest

        self._folder = Path(request.directory)
        _settle(Path(request.home))
        scope = http_scope(self._method.route, request.content_type, request.body)
        http = HTTPRequest(scope, body_of(request.body))
        http.state.task_id = current_task().id
        # Observed: in this context `bentoml.Context` answers, and its end removes the temporary files.
        self._closing.enter_context(self._service.context.in_request(http))
        kind = request.content_type.partition(";")[0].strip().lower()
        self._serde = ALL_SERDE.get(kind, ALL_SERDE["application/json"])()
        try:
            model = self._owner.run(
                self._method.input_spec.from_http_request(http, self._serde), stop
            )
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            raise InvalidInput([Problem(each["loc"], each["msg"]) for each in found]) from None
        except Exception as error:
            write_traceback(error)
            raise InvalidInput([Problem((), f"cannot be read: {describe(error)}")]) from error
        self._arrange(model)

    def build(self, stop: Stop) -> None:
        """Have the service built."""
        self._owner.instance(stop)

    def call(self, stop: Stop) -> Encoded:
        """Call the method, and have BentoML make the response that its server would answer with."""
        from bentoml.exceptions import InvalidArgument

        method = self._method
        if method.ctx_param is not None:
            self._named[method.ctx_param] = self._service.context
        # Observed: `.local` is the method itself, with the defaults that pydantic's Field gives.
        function = getattr(self._owner.instance(stop), self._attribute).local
        try:
            # In a context of its own, as in the server: what it sets is not there for the next task.
            value = copy_context().run(function, *self._positional, **self._named)
            if inspect.isawaitable(value):
                value = self._owner.run(_awaited(value), stop)
        except InvalidArgument as error:
            write_traceback(error)
            raise InvalidInput([Problem((), str(error))]) from error
        return self._encoded(self._answer(value, stop))

    def close(self) -> None:
        """End the context of the request, and with it its temporary files."""
        self._closing.close()

    def _arrange(self, model: Any) -> None:
        """Make arguments of the input model: it is one argument itself, or has one in each field."""
        from _bentoml_sdk.io_models import ARGS, KWARGS, IORootModel

        spec = self._method.input_spec
        # Observed: set where the method has a single parameter, which is positional-only.
        if getattr(spec, "__root_input__", False):
            self._positional = (model.root if isinstance(model, IORootModel) else model,)
            return
        named = {name: getattr(model, name) for name in spec.model_fields}
        # Observed: what the server makes of `*args` is one argument, the list.
        self._positional = (named.pop(ARGS),) if ARGS in named else ()
        self._named = named | named.pop(KWARGS, {})

    def _answer(self, value: Any, stop: Stop) -> Answer:
        """The response to a task that has returned this value, as the server makes it."""
        from bentoml._internal.utils.http import set_cookies
        from starlette.responses import Response

        context = self._service.context.response
        try:
            response = value
            if not isinstance(value, Response):
                spec = self._method.output_spec
                response = self._owner.run(spec.to_http_response(value, self._serde), stop)
            if self._method.ctx_param is not None:
                response.status_code = context.status_code
                response.headers.update(context.metadata)
                set_cookies(response, context.cookies)
            if response.background is not None:
                context.background.tasks.append(response.background)
            response.background = context.background
            answer = Answer(self._folder / "answer", getattr(response, "filename", None))
            self._owner.run(answer.take_from(response), stop)
        except Exception as error:
            write_traceback(error)
            raise InvalidResult(f"the result does not fit: {describe(error)}") from error
        return answer

    def _encoded(self, answer: Answer) -> Encoded:
        if answer.status_code >= 400:
            # So it is in BentoML: the status makes the task a failed one.
            raise InvalidResult(
                f"the task answered with status {answer.status_code}: {answer.beginning()}"
            )
        return Encoded(
            answer.content,
            answer.content_type,
            answer.file_name,
            answer.status_code,
            fitting_headers(answer.headers),
        )


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


def _settle(folder: Path) -> None:
    """Have BentoML keep its files in the worker's own directory, where nobody said otherwise."""
    for variable in ("BENTOML_HOME", "PROMETHEUS_MULTIPROC_DIR"):
        os.environ.setdefault(variable, str(folder))


async def _opened(client: Any) -> None:
    await client.__aenter__()


async def _awaited(result: Any) -> Any:
    return await result
