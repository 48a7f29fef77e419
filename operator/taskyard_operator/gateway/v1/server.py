"""What answers: which version, and what there is for tasks."""

from importlib import metadata
from typing import Annotated, Any

from fastapi import APIRouter, Query

from taskyard_operator.gateway.v1.models import ServerDocument
from taskyard_operator.gateway.v1.parameters import NoQuery
from taskyard_operator.gateway.v1.responses import document


def server_route(gpus: int | None) -> APIRouter:
    """The route that tells of the server; `gpus` is how many tasks may use, None where nobody knows."""
    router = APIRouter()
    told = {"version": metadata.version("taskyard"), "gpus": gpus}

    @router.get("/server", response_model=None, responses=document(ServerDocument, "The server."))
    async def server(query: Annotated[NoQuery, Query()]) -> dict[str, Any]:
        """Which version answers, and how many GPUs there are for tasks: null where a cluster has them."""
        return told

    return router
