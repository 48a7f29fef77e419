"""`create_app`: the gateway as an ASGI application over the ports."""

from datetime import timedelta

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse

from taskyard_operator.core.retention import Retention
from taskyard_operator.gateway.catalog import Catalog
from taskyard_operator.gateway.claims import Claims
from taskyard_operator.gateway.deletion import Deletion
from taskyard_operator.gateway.error_answers import install_errors
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.listing import Listing
from taskyard_operator.gateway.many import Cancellation, FirstEnded
from taskyard_operator.gateway.once import OncePerKey
from taskyard_operator.gateway.past import Past
from taskyard_operator.gateway.roster import Roster
from taskyard_operator.gateway.routes import service_routes
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.slow_bodies import SlowBodies
from taskyard_operator.gateway.steps import Steps
from taskyard_operator.gateway.streams.body import Places
from taskyard_operator.gateway.streams.feed import Feeds
from taskyard_operator.gateway.submission import Intake
from taskyard_operator.gateway.v1.api import OwnApi
from taskyard_operator.gateway.v1.events import event_routes
from taskyard_operator.gateway.v1.listing import list_routes
from taskyard_operator.gateway.v1.logs import log_routes
from taskyard_operator.gateway.v1.making import making_routes
from taskyard_operator.gateway.v1.outputs import output_routes
from taskyard_operator.gateway.v1.server import server_route
from taskyard_operator.gateway.v1.services import service_listing
from taskyard_operator.gateway.v1.tasks import task_routes
from taskyard_operator.gateway.v1.waiting import many_waits
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.ports import ObjectStore, WatchedRuns
from taskyard_operator.webhooks.settings import WebhookSettings


def create_app(
    settings: GatewaySettings,
    runs: WatchedRuns,
    objects: ObjectStore,
    waiting: Waiting,
    retention: Retention | None = None,
    webhooks: WebhookSettings | None = None,
    gpus: int | None = None,
) -> FastAPI:
    """The gateway.

    Every service answers below /services/<name>, and one of them (the one that is set, or the only
    one) also at the root; the gateway's own API is below /v1. `retention` holds where a service says
    nothing of it, and `webhooks` says which callbacks may be asked for. `gpus` is how many there are for
    tasks, where that is known. Whoever serves the application closes `waiting` when it is to end.
    """
    retention = retention or Retention()
    app = _bare_app(settings)
    catalog = Catalog(runs, settings.namespace, settings.root_service)
    past = Past(objects, retention)
    finder = Finder(runs, past, catalog, settings.namespace)
    lifetime = timedelta(seconds=settings.idempotency_seconds)
    claims = Claims(objects, lifetime, catalog, retention)
    once = OncePerKey(runs, objects, finder, claims)
    steps = Steps(runs, objects, Intake(objects, settings), past, once, waiting)
    own = [
        server_route(gpus),
        service_listing(catalog),
        *_routes_of_many(settings, runs, objects, past, finder, waiting),
        making_routes(catalog, finder, steps, webhooks or WebhookSettings()),
        task_routes(
            finder,
            objects,
            steps,
            Deletion(runs, objects, claims),
            max_wait=settings.max_wait_seconds,
        ),
        *_routes_of_streams(settings, objects, finder, waiting),
    ]
    app.router.routes.append(OwnApi(own))
    routes = service_routes(catalog, runs, objects, past, steps, call_seconds=settings.call_seconds)
    # Before the routes at the root, which would take `services/<name>` for the route of a task.
    app.include_router(routes, prefix="/services/{service}")
    app.include_router(routes)
    return app


def _bare_app(settings: GatewaySettings) -> FastAPI:
    """An application that says whether it lives, and answers errors."""
    app = FastAPI(
        title="Taskyard", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.add_middleware(
        SlowBodies,
        silence=settings.body_silence_seconds,
        slowest=settings.min_body_bytes_per_second,
    )
    install_errors(app, settings.max_head_bytes)

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthy() -> PlainTextResponse:
        return PlainTextResponse("\n")

    return app


def _routes_of_many(
    settings: GatewaySettings,
    runs: WatchedRuns,
    objects: ObjectStore,
    past: Past,
    finder: Finder,
    waiting: Waiting,
) -> list[APIRouter]:
    """Those of /v1 that are about many tasks: they share the roster."""
    roster = Roster(runs, settings.namespace)
    waiting.at_close(roster.close)
    listing = Listing(roster, objects, past, settings.namespace)
    return [
        list_routes(listing, Cancellation(roster, runs), settings),
        many_waits(FirstEnded(roster, finder), settings),
    ]


def _routes_of_streams(
    settings: GatewaySettings, objects: ObjectStore, finder: Finder, waiting: Waiting
) -> list[APIRouter]:
    """Those of /v1 that tell what grows while a task runs: they share the reading of it."""
    feeds = Feeds(objects, settings.namespace, settings.stream_poll_seconds)
    places = Places(settings.max_streams)
    return [
        event_routes(finder, feeds, waiting, places, heartbeat=settings.heartbeat_seconds),
        log_routes(finder, feeds, waiting, places, max_tail=settings.max_tail_bytes),
        output_routes(finder, feeds),
    ]
