"""`taskyard run` for a service written with BentoML: by the adapter by which the runner runs it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from taskyard._client._binding import bind
from taskyard._client._encoding import encode
from taskyard._client._schema import read_task
from taskyard._current_task import CurrentTask
from taskyard._values.wire import Encoded
from taskyard.cli._bentoml import BentoMLServiceDefinition, BentoMLTaskDefinition
from taskyard.cli._calls import Call, given_here
from taskyard.cli._exits import WrongCall
from taskyard_runtime.adapters import LoadError
from taskyard_runtime.adapters.bentoml import BentoMLService
from taskyard_runtime.execution import Stop
from taskyard_runtime.protocol import Request


@contextmanager
def prepared(service: BentoMLServiceDefinition, name: str, words: Sequence[str]) -> Iterator[Call]:
    """A task of the service with its arguments; files are named from the current folder.

    At the end the service's hooks of its end run, and the temporary files go.

    Raises:
        WrongCall: the arguments do not fit.
    """
    # Where BentoML keeps models if nobody says otherwise; the adapter would put its own folder there.
    os.environ.setdefault("BENTOML_HOME", str(Path.home() / "bentoml"))
    with TemporaryDirectory(prefix="taskyard-") as folder, ExitStack() as closing:
        request = _request(service.tasks[name], words, folder)
        yield lambda current: _called(service, request, current, closing)


def _request(task: BentoMLTaskDefinition, words: Sequence[str], folder: str) -> Request:
    """What a runner would be told, with the body that a client would have sent."""
    schema = read_task({"name": task.name, "route": task.route, "input": task.input_schema()})
    try:
        body = encode(schema, bind(schema, (), given_here(schema, words)))
    except (TypeError, OSError, UnicodeDecodeError) as error:
        raise WrongCall(str(error)) from error
    request = Request(
        run="here",
        attempt=1,
        entrypoint="",
        task=task.name,
        content_type=body.content_type,
        directory=folder,
        home=folder,
        max_outputs_bytes=0,
    )
    with request.body.open("wb") as file:
        file.writelines(body)
    return request


def _called(
    definition: BentoMLServiceDefinition, request: Request, current: CurrentTask, closing: ExitStack
) -> Encoded:
    stop = Stop(current)
    closing.callback(stop.forget)
    try:
        with stop.listening():
            service = BentoMLService(definition.service)
            closing.callback(service.close)
            task = service.task(request.task)
            closing.callback(task.close)
            task.read(request, stop)
            task.build(stop)
            return task.call(stop)
    except LoadError as error:
        raise (error.__cause__ or WrongCall(str(error))) from None
