"""The OpenAPI document of /v1, made from its routes."""

from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

VERSION = "1"
_DESCRIPTION = (
    "Submit tasks, follow them, and fetch their results. A guide with examples is in "
    "docs/http-api.md. There is no authentication here: it is for whoever stands before it."
)
_NEVER = "HTTPValidationError"
"""What FastAPI would answer to parameters that do not fit; here they are errors like all others."""


def openapi_document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document."""
    document = get_openapi(
        title="Taskyard",
        version=VERSION,
        description=_DESCRIPTION,
        routes=routes,
        openapi_version="3.1.0",
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            if _NEVER in str(responses.get("422")):
                del responses["422"]
            operation["responses"] = dict(sorted(responses.items()))
    schemas = document["components"]["schemas"]
    for name in (_NEVER, "ValidationError"):
        schemas.pop(name, None)
    return document
