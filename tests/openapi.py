"""docs/openapi.json, made from the routes of the gateway's own API."""

from __future__ import annotations

import json
from typing import Any

from taskyard_operator.gateway.app import create_app
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.v1.api import OwnApi
from taskyard_operator.gateway.waiting import Waiting
from tests.engine.world import Calls, MemoryObjects
from tests.gateway.watched_runs import Runs


def openapi_document() -> dict[str, Any]:
    """What a gateway says at /v1/openapi.json."""
    settings, runs = GatewaySettings(), Runs()
    app = create_app(settings, runs, MemoryObjects(Calls()), Waiting(runs, settings.namespace))
    (own,) = (route for route in app.router.routes if isinstance(route, OwnApi))
    return own.document


def openapi_text() -> str:
    """The whole file."""
    return json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"
