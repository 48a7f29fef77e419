"""The gateway process: the application on a Kubernetes API and an object store, served by uvicorn."""

import sys
from contextlib import AsyncExitStack

from taskyard_operator.gateway.app import create_app
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.graceful import serve_gracefully
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.store import KubeRunStore
from taskyard_operator.metrics.exposition import expose
from taskyard_operator.metrics.gateway import GatewayMetrics
from taskyard_operator.metrics.registry import new_registry
from taskyard_operator.metrics.requests import RequestMetrics
from taskyard_operator.objects.store import BucketStore
from taskyard_operator.ports import PortError
from taskyard_operator.settings import Settings


async def run_gateway(settings: Settings) -> int:
    """Serve until SIGTERM, then finish the requests in flight; returns the exit code."""
    try:
        async with AsyncExitStack() as stack:
            await _serve(settings, stack)
    except PortError as error:
        sys.stderr.write(f"taskyard gateway: {error}\n")
        return 1
    return 0


async def _serve(settings: Settings, stack: AsyncExitStack) -> None:
    gateway = settings.gateway
    registry = new_registry()
    requests = RequestMetrics(registry)
    api = await KubeApi.connect(answered=requests.api_answered)
    stack.push_async_callback(api.close)
    runs = KubeRunStore(api)
    waiting = Waiting(runs, gateway.namespace)
    objects = BucketStore(settings.storage, requests.store_answered)
    app = create_app(
        gateway, runs, objects, waiting, settings.retention.defaults, settings.webhooks
    )
    await expose(registry, settings.metrics.port, stack)
    await serve_gracefully(
        GatewayMetrics(registry).around(app),
        gateway,
        waiting,
        log_level=settings.log_level,
        finish_seconds=20,
    )
