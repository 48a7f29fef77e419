"""The controller process: checks the cluster, puts the parts together, and watches until told to stop."""

import asyncio
import gc
import logging
import os
import signal
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial

from taskyard.api.definitions import KINDS, missing_fields
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.handlers import WatchLost, Work, watch
from taskyard_operator.kube.answers import Json
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.cluster_watch import ClusterWatch
from taskyard_operator.kube.launcher import JobLauncher
from taskyard_operator.kube.lease import Leadership, LeadershipLost, candidacy, own_namespace
from taskyard_operator.kube.paths import crd_path
from taskyard_operator.kube.store import KubeRunStore
from taskyard_operator.kube.tracker import AttemptTracker
from taskyard_operator.metrics.controller import ControllerMetrics
from taskyard_operator.metrics.engine import EngineGauges
from taskyard_operator.metrics.exposition import expose
from taskyard_operator.metrics.registry import new_registry
from taskyard_operator.metrics.requests import RequestMetrics
from taskyard_operator.objects.store import BucketStore
from taskyard_operator.ports import Key, Missing, PortError
from taskyard_operator.probes import Probes
from taskyard_operator.settings import LeaderElectionSettings, Settings
from taskyard_operator.standby import when_answered
from taskyard_operator.webhooks.sender import WebhookSender, sender_of
from taskyard_operator.webhooks.settings import WebhookSettings

logger = logging.getLogger(__name__)

_OBJECTS_BETWEEN_COLLECTIONS = 20_000


class CannotStart(Exception):
    """The controller cannot work in this cluster; the message is one sentence with the remedy."""


async def run_controller(settings: Settings) -> int:
    """Run until SIGTERM; returns the exit code."""
    _end_by_sigterm()
    _collect_seldom()
    try:
        async with AsyncExitStack() as stack:
            await _run(settings, stack)
    except asyncio.CancelledError:
        return 0
    except (CannotStart, LeadershipLost, WatchLost, PortError) as error:
        return _refuse(error)
    return 0


def _end_by_sigterm() -> None:
    """Let SIGTERM end whatever this process waits for, until kopf takes that over."""
    main = asyncio.current_task()
    if main:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main.cancel)


def _collect_seldom() -> None:
    """Look for garbage in cycles less often than Python does by itself.

    Next to none is made here, while each event brings a few hundred objects to look through.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


async def _run(settings: Settings, stack: AsyncExitStack) -> None:
    controller = settings.controller
    registry = new_registry()
    requests = RequestMetrics(registry)
    metrics = ControllerMetrics(registry, settings.metrics.max_label_sets)
    api = await KubeApi.connect(answered=requests.api_answered)
    stack.push_async_callback(api.close)
    tracker = AttemptTracker()
    engine = Engine(
        KubeRunStore(api),
        JobLauncher(api, tracker, controller.jobs, controller.log_tail_bytes),
        BucketStore(settings.storage, requests.store_answered),
        _engine_settings(settings),
        sender=_webhook_sender(settings.webhooks, stack),
        observer=metrics,
    )
    registry.register(EngineGauges(engine))
    await expose(registry, settings.metrics.port, stack)
    watches = ClusterWatch(api, tracker, engine, controller.namespaces)
    work: Work = partial(_work, engine, watches)
    leadership = None
    if controller.leader_election.enabled:
        leadership = await stack.enter_async_context(_candidacy(controller.leader_election))
        work = partial(leadership.while_leading, work)
    probes = Probes(engine)
    await stack.enter_async_context(probes.answering(controller.probe_port))
    await _stand_by(api, leadership)
    probes.works()
    metrics.leader.set(1)
    await watch(engine, work, namespaces=controller.namespaces)


def _engine_settings(settings: Settings) -> EngineSettings:
    controller = settings.controller
    return EngineSettings(
        workers=controller.workers,
        resync_seconds=controller.resync_seconds,
        namespaces=controller.namespaces,
        max_concurrent=controller.max_concurrent_per_namespace,
        retention=settings.retention.of_engine,
        progress=controller.progress,
        callbacks=settings.webhooks.of_engine,
        limits=controller.runner,
        liveness=controller.limits,
    )


async def _work(engine: Engine, watches: ClusterWatch) -> None:
    """Run the engine on what the watches see, from a time on before its first listing."""
    async with asyncio.TaskGroup() as group:
        group.create_task(watches.follow_for_ever(), name="watches")
        await watches.begun()
        group.create_task(engine.run(), name="engine")


async def _stand_by(api: KubeApi, leadership: Leadership | None) -> None:
    """Return once the API server is there, and this process leads where there is somebody to lead.

    The definitions are looked at before that: in an upgrade that forgot them the new pod then fails,
    and the old one is left to work.
    """
    await when_answered(lambda: check_definitions(api))
    if leadership:
        await leadership.win()


def _candidacy(settings: LeaderElectionSettings) -> AbstractAsyncContextManager[Leadership]:
    namespace = settings.namespace or own_namespace()
    if not namespace:
        raise CannotStart(
            "leader election needs a namespace for its Lease, and this is no pod that has one; "
            "set controller.leaderElection.namespace"
        )
    return candidacy(Key(namespace, settings.lease_name), settings.terms)


def _webhook_sender(settings: WebhookSettings, stack: AsyncExitStack) -> WebhookSender | None:
    try:
        sender = sender_of(settings, os.environ)
    except ValueError as error:
        raise CannotStart(f"{error}; or turn webhooks off") from error
    if sender:
        stack.push_async_callback(sender.close)
    return sender


def _refuse(error: Exception) -> int:
    sys.stderr.write(f"taskyard controller: {error}\n")
    return 1


async def check_definitions(api: KubeApi) -> None:
    """Refuse a cluster whose definitions are missing or older than this code.

    A kind that is missing when kopf starts is never watched, while the process looks healthy; and a
    field that the API server does not know is dropped without a word.

    Raises:
        CannotStart: the sentence to tell the person who installs it.
    """
    for kind in KINDS:
        name = crd_path(kind).rpartition("/")[2]
        try:
            installed = await api.get(crd_path(kind))
        except Missing:
            raise CannotStart(
                f"the CustomResourceDefinition {name} is not installed; install the chart with "
                "crds.enabled=true, or kubectl apply -f crds/"
            ) from None
        if not _established(installed):
            raise CannotStart(f"the CustomResourceDefinition {name} is not established yet; wait")
        missing = missing_fields(kind, installed)
        if missing:
            raise CannotStart(
                f"the CustomResourceDefinition {name} is older than this controller and lacks "
                f"{', '.join(missing[:5])}; upgrade the chart with crds.enabled=true, or kubectl "
                "apply -f crds/"
            )


def _established(definition: Json) -> bool:
    """Whether the API server serves it: just after its creation it does not yet."""
    conditions = definition.get("status", {}).get("conditions") or []
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions)
