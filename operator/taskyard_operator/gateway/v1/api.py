"""`OwnApi`: all of /v1 behind one route of the application."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from taskyard_operator.gateway.error_answers import OWN_PREFIX
from taskyard_operator.gateway.v1.openapi import openapi_document
from taskyard_operator.gateway.v1.parameters import NoQuery, check_said_once
from taskyard_operator.gateway.v1.responses import COMMON

_NAMES = ("server", "services", "tasks", "openapi.json")


class OwnApi(BaseRoute):
    """Serves what lies below /v1 under the names of this API, and answers for what does not exist there.

    Routes that stood side by side with those of tasks would leave to them what they do not take
    themselves, such as a wrong method. All other paths below /v1 are left to tasks, whose routes
    often begin like that.
    """

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        self._router = APIRouter(
            redirect_slashes=False, generate_unique_id_function=lambda route: route.name
        )
        for router in routers:
            prefix = OWN_PREFIX.rstrip("/")
            self._router.include_router(
                router,
                prefix=prefix,
                responses=COMMON,
                dependencies=[Depends(check_said_once)],
            )
        self.document = openapi_document(self._router.routes)
        """The OpenAPI document."""
        self._router.add_api_route(
            f"{OWN_PREFIX}openapi.json", self._told, methods=["GET"], include_in_schema=False
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for this API."""
        path: str = scope.get("path", "")
        name = path.removeprefix(OWN_PREFIX).partition("/")[0]
        own = scope["type"] == "http" and path.startswith(OWN_PREFIX) and name in _NAMES
        return (Match.FULL if own else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._router(scope, receive, send)

    async def _told(self, query: Annotated[NoQuery, Query()]) -> JSONResponse:
        return JSONResponse(self.document)
