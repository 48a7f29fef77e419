"""One call of a task of BentoML: from the request to its arguments, and from what it returns to the answer."""

import inspect
import os
from contextlib import ExitStack
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskyard._current_task import current_task
from taskyard._values.wire import Encoded, InvalidInput, InvalidResult, Problem
from taskyard.api.answer_headers import fitting_headers
from taskyard_runtime.adapters.asgi import Answer, body_of, http_scope
from taskyard_runtime.errors import describe, write_traceback
from taskyard_runtime.execution import Stop
from taskyard_runtime.protocol import Request

if TYPE_CHECKING:  # it imports this module, to make tasks
    from taskyard_runtime.adapters.bentoml import BentoMLService


class BentoMLTask:
    """One call of a task, from the context of its request to BentoML's response.

    Args:
        service: the service that has it.
        attribute: the name of its method.
    """

    def __init__(self, service: "BentoMLService", attribute: str) -> None:
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
                value = self._owner.run(value, stop)
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


def _settle(folder: Path) -> None:
    """Have BentoML keep its files in the worker's own directory, where nobody said otherwise."""
    for variable in ("BENTOML_HOME", "PROMETHEUS_MULTIPROC_DIR"):
        os.environ.setdefault(variable, str(folder))
