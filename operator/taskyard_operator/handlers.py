"""The only module that knows kopf: start, login, stop, and the handler of TaskServices.

kopf's change-detecting handlers, indexes, timers and daemons are not used: each of them writes to the
watched objects or holds finalizers on them. A handler stores what it saw in the engine and returns.
What changes with every task is not watched here, see `kube/cluster_watch.py`.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, cast

import kopf

from taskyard.api.names import GROUP, VERSION
from taskyard.api.taskservice import TaskService
from taskyard_operator.engine.engine import Engine
from taskyard_operator.kube.store import readable
from taskyard_operator.pauses import Pauses
from taskyard_operator.ports import Key
from taskyard_operator.seldom import Seldom

logger = logging.getLogger(__name__)

_SELDOM_SECONDS = 3600.0

Work = Callable[[], Coroutine[Any, Any, None]]


class WatchLost(Exception):
    """Nothing is heard from the API server any more; a new process will begin from the start."""


async def watch(engine: Engine, work: Work, *, namespaces: Sequence[str]) -> None:
    """Run the engine on what kopf sees, until SIGTERM or until `work` ends; what it raises is raised.

    Args:
        engine: what decides.
        work: runs the engine; started and cancelled with kopf's own loop.
        namespaces: the namespaces to watch; none means all.
    """
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # else one line per event
    # Else each watch tells of each try. What keeps it from watching keeps the engine from listing, which tells.
    logging.getLogger("kopf._cogs.clients.watching").addFilter(Seldom(_SELDOM_SECONDS))
    registry = kopf.OperatorRegistry()
    stop = asyncio.Event()
    memo = kopf.Memo()
    _register_lifecycle(registry, work, stop)
    _register_services(registry, engine, namespaces)
    try:
        await kopf.operator(
            registry=registry,
            namespaces=list(namespaces),
            clusterwide=not namespaces,
            memo=memo,
            stop_flag=stop,
            # Else kopf asks for the user's name, and the image's user has none. Only peering would use it.
            identity=cast("Any", "taskyard"),
        )
    except Exception as error:
        # kopf goes on watching through what it takes for trouble that passes, and through nothing else.
        raise WatchLost(f"the API server cannot be watched any more: {error!r}") from error
    working: asyncio.Task[None] | None = memo.get("work")
    if working and not working.cancelled():
        working.result()


def _register_lifecycle(registry: kopf.OperatorRegistry, work: Work, stop: asyncio.Event) -> None:
    @kopf.on.startup(registry=registry)
    async def start(settings: kopf.OperatorSettings, memo: Any, **_: Any) -> None:
        _configure(settings)
        # In kopf's loop from here to `finish`: at its stop kopf cancels whatever was started later.
        memo.work = asyncio.create_task(work(), name="work")
        memo.work.add_done_callback(lambda _: stop.set())

    @kopf.on.cleanup(registry=registry)
    async def finish(memo: Any, **_: Any) -> None:
        memo.work.cancel()
        # Waits and does not look: an error here would have kopf try again a minute later, for ever.
        await asyncio.wait([memo.work])

    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        in_pod = kopf.login_with_service_account(**kwargs)
        return in_pod or kopf.login_with_kubeconfig(**kwargs)


def _configure(settings: kopf.OperatorSettings) -> None:
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.posting.enabled = False
    # Else kopf would end where one of several namespaces may not be watched, for its RoleBinding has gone.
    settings.networking.error_backoffs = Pauses(first=1.0, longest=30.0)
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310


def _register_services(
    registry: kopf.OperatorRegistry, engine: Engine, namespaces: Sequence[str]
) -> None:
    @kopf.on.event(GROUP, VERSION, TaskService.PLURAL, registry=registry)
    async def service_event(
        type: str | None,  # noqa: A002
        namespace: str | None,
        body: kopf.Body,
        **_: Any,
    ) -> None:
        engine.watch_heard(TaskService.PLURAL, namespace if namespaces else None)
        service = readable(TaskService, dict(body))
        if service is None:
            return
        if type == "DELETED":
            engine.service_gone(Key.of(service))
        else:
            engine.service_seen(service)
