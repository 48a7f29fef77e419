"""The services there are, and what their tasks take and give."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from taskyard.api.taskservice import Task, TaskService
from taskyard_operator.gateway.catalog import Catalog
from taskyard_operator.gateway.schema import ordered
from taskyard_operator.gateway.v1.models import ServiceList, ServiceSchemas
from taskyard_operator.gateway.v1.parameters import NoQuery
from taskyard_operator.gateway.v1.responses import document


def service_listing(catalog: Catalog) -> APIRouter:
    """The routes of services."""
    router = APIRouter()

    @router.get("/services", response_model=None, responses=document(ServiceList, "The services."))
    async def services(query: Annotated[NoQuery, Query()]) -> dict[str, Any]:
        """The services there are, with their tasks."""
        return {"items": [_document(service) for service in await catalog.services()]}

    @router.get(
        "/services/{service}",
        response_model=None,
        responses=document(ServiceSchemas, "The service."),
    )
    async def service(service: str, query: Annotated[NoQuery, Query()]) -> dict[str, Any]:
        """One service, with the schemas of what its tasks take and give."""
        return _document(await catalog.service(service), schemas=True)

    return router


def _document(service: TaskService, *, schemas: bool = False) -> dict[str, Any]:
    unready = any(c.type == "Ready" and c.status == "False" for c in service.status.conditions)
    return {
        "name": service.metadata.name,
        "ready": not unready,
        "suspended": bool(service.spec.suspend),
        "gpu": service.spec.gpu.model_dump(by_alias=True) if service.spec.gpu else None,
        "tasks": [_task(task, schemas=schemas) for task in service.spec.tasks],
    }


def _task(task: Task, *, schemas: bool) -> dict[str, Any]:
    document = {"name": task.name, "route": task.path, "description": task.description}
    return document | ({"input": ordered(task.input), "output": task.output} if schemas else {})
