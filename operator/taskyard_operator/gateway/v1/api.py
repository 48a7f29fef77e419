"""`OwnApi`: all of /v1 behind one route of the application."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from taskyard_operator.gateway.errors import OWN_PREFIX

_NAMES = ("services", "tasks", "openapi.json")


class OwnApi(BaseRoute):
    """Serves what lies below /v1 under the names of this API, and answers for what does not exist there.

    Routes that stood side by side with those of tasks would leave to them what they do not take
    themselves, such as a wrong method. All other paths below /v1 are left to tasks, whose routes
    often begin like that.
    """

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        self._router = APIRouter(redirect_slashes=False)
        for router in routers:
            self._router.include_router(router, prefix=OWN_PREFIX.rstrip("/"))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for this API."""
        path: str = scope.get("path", "")
        name = path.removeprefix(OWN_PREFIX).partition("/")[0]
        own = scope["type"] == "http" and path.startswith(OWN_PREFIX) and name in _NAMES
        return (Match.FULL if own else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._router(scope, receive, send)
