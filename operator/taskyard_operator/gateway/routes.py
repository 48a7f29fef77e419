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


def service_routes(
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
    named = _Named(catalog, runs, past, steps)
    router = APIRouter()
    router.include_router(_about_the_service(named))
    router.include_router(_about_tasks(named, objects, steps))
    # The last, since its path is like any other.
    router.include_router(_calls(named, objects, past, steps, call_seconds))
    return router


class _Named:
    """What a request names by its path and its `task_id`."""

    def __init__(self, catalog: Catalog, runs: RunStore, past: Past, steps: Steps) -> None:
        self._catalog = catalog
        self._runs = runs
        self._past = past
        self._steps = steps

    async def service(self, request: Request) -> TaskService:
        return await self._catalog.service(request.path_params.get("service"))

    async def run(
        self, route: str, request: Request, task_id: Annotated[str | None, Query()] = None
    ) -> TaskRun:
        """The run of that id, if it is one of the service's: a service tells nothing of another's tasks."""
        service = await self.service(request)
        task_at(service, route_in(route, request))
        if not task_id:
            raise RequestError("task_id is required")
        check_id(task_id)
        try:
            run = await self._runs.run(service.metadata.namespace, task_id)
        except Missing:
            run = await self._past.run(service, task_id, request)
        if run.spec.service != service.metadata.name:
            raise Unknown("task_id not found", task_id=task_id)
        return run

    async def new_run(self, route: str, request: Request) -> TaskRun:
        """One that is made now, of the task at the route."""
        service = await self.service(request)
        task = task_at(service, route_in(route, request))
        return (await self._steps.submit(request, service, task)).run


def _about_the_service(named: _Named) -> APIRouter:
    router = APIRouter()
    Service = Annotated[TaskService, Depends(named.service)]  # noqa: N806 - a type

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

    return router


def _about_tasks(named: _Named, objects: ObjectStore, steps: Steps) -> APIRouter:
    router = APIRouter()
    Run = Annotated[TaskRun, Depends(named.run)]  # noqa: N806 - a type

    @router.post("/{route:path}/submit")
    async def submit(
        run: Annotated[TaskRun, Depends(named.new_run)], request: Request
    ) -> dict[str, Any]:
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

    return router


def _calls(
    named: _Named, objects: ObjectStore, past: Past, steps: Steps, seconds: float
) -> APIRouter:
    router = APIRouter(route_class=_OnlyByItsMethod)

    @router.post("/{route:path}")
    async def call(
        run: Annotated[TaskRun, Depends(named.new_run)],
        service: Annotated[TaskService, Depends(named.service)],
        request: Request,
    ) -> Response:
        name = run.metadata.name
        ended = await steps.ended(run, seconds, lambda: past.run(service, name, request))
        if ended is None:
            raise CallTimeout(
                f"task {name} has not ended yet, and goes on: ask for it later by its id, "
                "or submit what takes long",
                task_id=name,
            )
        answer = await result_of(ended, request, objects)
        answer.headers[TASK_ID_HEADER] = name
        return answer

    return router


class _OnlyByItsMethod(APIRoute):
    """A route that is not there for other methods: its path matches what nobody has heard of, too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is for a request: wholly or not at all."""
        match, child = super().matches(scope)
        return (match, child) if match is Match.FULL else (Match.NONE, {})
