"""The routes of a service, as BentoML's wire protocol has them; each parses, calls, and answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.gateway.answers import acceptance, result_of, status_of
from taskyard_operator.gateway.catalog import Catalog, task_at
from taskyard_operator.gateway.error_answers import TASK_ID_HEADER
from taskyard_operator.gateway.errors import CallTimeout, RequestError, Unknown
from taskyard_operator.gateway.finding import check_id
from taskyard_operator.gateway.past import Past
from taskyard_operator.gateway.prefix import own_api_from, prefix_of, route_in
from taskyard_operator.gateway.schema import service_schema
from taskyard_operator.gateway.steps import Steps
from taskyard_operator.gateway.words import is_bentoml
from taskyard_operator.ports import Missing, ObjectStore, RunStore


def service_routes(  # noqa: C901 - a list of small functions
    catalog: Catalog,
    runs: RunStore,
    objects: ObjectStore,
    past: Past,
    steps: Steps,
    *,
    call_seconds: float,
) -> APIRouter:
    """The routes of one service: the one that the path names, or without a name the one at the root.

    A direct call waits for `call_seconds` at most.
    """
    router = APIRouter()

    async def named_service(request: Request) -> TaskService:
        return await catalog.service(request.path_params.get("service"))

    Service = Annotated[TaskService, Depends(named_service)]  # noqa: N806 - a type

    async def named_run(
        route: str,
        service: Service,
        request: Request,
        task_id: Annotated[str | None, Query()] = None,
    ) -> TaskRun:
        task_at(service, route_in(route, request))
        if not task_id:
            raise RequestError("task_id is required")
        return await _find(runs, past, service, task_id, request)

    Run = Annotated[TaskRun, Depends(named_run)]  # noqa: N806 - a type

    async def new_run(route: str, service: Service, request: Request) -> TaskRun:
        task = task_at(service, route_in(route, request))
        return (await steps.submit(request, service, task)).run

    NewRun = Annotated[TaskRun, Depends(new_run)]  # noqa: N806 - a type

    @router.api_route("/livez", methods=["GET", "HEAD"])
    async def live() -> PlainTextResponse:
        return PlainTextResponse("\n")

    @router.api_route("/schema.json", methods=["GET", "HEAD"])
    async def schema(service: Service, request: Request) -> JSONResponse:
        bentoml = is_bentoml(request.headers.get("user-agent", ""))
        prefix = prefix_of(request) if bentoml else ""
        document = service_schema(service, prefix, own_api=own_api_from(request))
        return JSONResponse(document, headers={"vary": "user-agent, x-forwarded-prefix"})

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    async def ready(service: Service) -> PlainTextResponse:
        return PlainTextResponse(f"{service.metadata.name}\n")

    @router.post("/{route:path}/submit")
    async def submit(run: NewRun, request: Request) -> dict[str, Any]:
        return acceptance(run, request)

    @router.api_route("/{route:path}/status", methods=["GET", "HEAD"])
    async def status(run: Run, request: Request) -> dict[str, Any]:
        return await status_of(run, request, objects)

    @router.api_route("/{route:path}/get", methods=["GET", "HEAD"])
    async def result(run: Run, request: Request) -> Response:
        return await result_of(run, request, objects)

    @router.api_route("/{route:path}/retry", methods=["POST", "PUT"])
    async def retry(run: Run, request: Request) -> dict[str, Any]:
        return acceptance((await steps.retry(run, request)).run, request)

    @router.api_route("/{route:path}/cancel", methods=["PUT", "POST"])
    async def cancel(run: Run, request: Request) -> dict[str, Any]:
        return acceptance(await steps.cancel(run), request)

    async def call(run: NewRun, service: Service, request: Request) -> Response:
        name = run.metadata.name
        ended = await steps.ended(run, call_seconds, lambda: past.run(service, name, request))
        if ended is None:
            raise CallTimeout(
                f"task {name} has not ended yet, and goes on: ask for it later by its id, "
                "or submit what takes long",
                task_id=name,
            )
        answer = await result_of(ended, request, objects)
        answer.headers[TASK_ID_HEADER] = name
        return answer

    # The last, since its path is like any other.
    router.add_api_route(
        "/{route:path}", call, methods=["POST"], route_class_override=_OnlyByItsMethod
    )
    return router


class _OnlyByItsMethod(APIRoute):
    """A route that is not there for other methods: its path matches what nobody has heard of, too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is for a request: wholly or not at all."""
        match, child = super().matches(scope)
        return (match, child) if match is Match.FULL else (Match.NONE, {})


async def _find(
    runs: RunStore, past: Past, service: TaskService, task_id: str, request: Request
) -> TaskRun:
    """The run of that id, if it is one of the service's: a service tells nothing of another's tasks."""
    check_id(task_id)
    try:
        run = await runs.run(service.metadata.namespace, task_id)
    except Missing:
        run = await past.run(service, task_id, request)
    if run.spec.service != service.metadata.name:
        raise Unknown("task_id not found", task_id=task_id)
    return run
