"""`taskyard serve`: controller and gateway in one process, on the ports of one machine."""

import asyncio
import fcntl
import hashlib
import os
import socket
import sys
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from obstore.exceptions import BaseError

from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.gateway.app import create_app
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.graceful import serve_gracefully
from taskyard_operator.local.attempt_folder import AttemptFolders
from taskyard_operator.local.database import Database
from taskyard_operator.local.folder_store import FolderStore
from taskyard_operator.local.launcher import ProcessLauncher
from taskyard_operator.local.listening import listening
from taskyard_operator.local.settings import NAMESPACE, LocalSettings
from taskyard_operator.local.store import LocalRunStore
from taskyard_operator.objects.store import BucketStore
from taskyard_operator.ports import Change, Missing, PortError, Unreadable
from taskyard_operator.webhooks.sender import WebhookSender, sender_of

_FINISH_SECONDS = 5
"""For requests in flight, once told to end."""
_WORKERS = 4
_RESYNC_SECONDS = 300.0
_MADE_READY = 3
"""For each task that may run so many more are made ready, so that one that does not fit can be passed by."""


class CannotServe(Exception):
    """The server cannot be started; the message is a sentence with the remedy."""


async def serve(settings: LocalSettings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    try:
        with alone(settings.data):
            async with AsyncExitStack() as stack:
                await _serve(settings, stack)
    except (CannotServe, PortError) as error:
        sys.stderr.write(f"taskyard serve: {error}\n")
        return 1
    return 0


async def _serve(settings: LocalSettings, stack: AsyncExitStack) -> None:
    door = stack.enter_context(_listening(settings.host, settings.port))
    url = f"http://{_reachable(settings.host)}:{door.getsockname()[1]}"
    database = await Database.open(settings.data / "runs.db")
    stack.push_async_callback(database.close)
    runs = LocalRunStore(database, settings.services)
    objects = await _objects(settings)
    launcher = _launcher(settings)
    await launcher.take_over()
    stack.push_async_callback(launcher.close)
    await _forget_what_has_ended(launcher, runs)
    sender = _webhook_sender(settings, stack)
    engine = Engine(runs, launcher, objects, _engine_settings(settings), sender=sender)
    _connect(engine, launcher, runs)
    waiting = Waiting(runs, NAMESPACE)
    gateway = GatewaySettings(namespace=NAMESPACE, host=settings.host, port=settings.port)
    serving = serve_gracefully(
        create_app(
            gateway,
            runs,
            objects,
            waiting,
            webhooks=settings.webhooks,
            gpus=len(settings.machine.gpus),
        ),
        gateway,
        waiting,
        log_level=settings.log_level,
        finish_seconds=_FINISH_SECONDS,
        sockets=[door],
    )
    launcher.begin()
    _say_how_to_call(url, settings)
    await _until_one_ends(engine.run(), serving)


async def _objects(settings: LocalSettings) -> BucketStore:
    if settings.store is None:
        return FolderStore(settings.data / "objects")
    try:
        store = BucketStore(settings.store)
        await store.list_folders("")
    except (BaseError, PortError, ValueError) as error:
        raise CannotServe(f"{settings.store.url} cannot be used: {error}") from error
    return store


def _launcher(settings: LocalSettings) -> ProcessLauncher:
    return ProcessLauncher(
        AttemptFolders(settings.data / "attempts"),
        settings.modules,
        settings.machine,
        mark=hashlib.sha256(str(settings.data).encode()).hexdigest()[:16],
        keep_warm=settings.keep_warm,
    )


def _engine_settings(settings: LocalSettings) -> EngineSettings:
    return EngineSettings(
        workers=_WORKERS,
        resync_seconds=_RESYNC_SECONDS,
        namespaces=[NAMESPACE],
        max_concurrent=settings.machine.slots,
        made_ready=_MADE_READY * settings.machine.slots,
        callbacks=settings.webhooks.of_engine,
    )


def _webhook_sender(settings: LocalSettings, stack: AsyncExitStack) -> WebhookSender | None:
    try:
        sender = sender_of(settings.webhooks, os.environ)
    except ValueError as error:
        raise CannotServe(str(error)) from error
    if sender:
        stack.push_async_callback(sender.close)
    return sender


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Do all of it until one of them ends; a fault of it is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _connect(engine: Engine, launcher: ProcessLauncher, runs: LocalRunStore) -> None:
    """What watches are in a cluster."""

    def changed(change: Change) -> None:
        if change.run is None:
            engine.run_gone(change.key)
        else:
            engine.run_seen(change.run)
        if change.run is None or change.run.status.terminal:
            launcher.forget(change.key)

    runs.listen(changed)
    launcher.told = engine.attempt_seen


async def _forget_what_has_ended(launcher: ProcessLauncher, runs: LocalRunStore) -> None:
    for key in launcher.known_runs():
        try:
            ended = (await runs.run(*key)).status.terminal
        except Missing:
            ended = True
        except Unreadable:
            ended = False  # Who can read it will look for its attempts.
        if ended:
            launcher.forget(key)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens: before anything else is done, so that a port in use is told at once."""
    try:
        return listening(host, port)
    except OSError as error:
        raise CannotServe(
            f"cannot listen on {host}:{port} ({error.strerror}); give another --port"
        ) from error


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - it is compared


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Have the data folder, which is made where there is none, for this process alone."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotServe(
                f"another server uses {data}; end it, or give another --data"
            ) from None
        yield


def _say_how_to_call(url: str, settings: LocalSettings) -> None:
    lines = [f"Taskyard serves {_names(settings)} on {url} (data in {settings.data})."]
    service = settings.services[0]
    task = service.spec.tasks[0]
    prefix = f"/services/{service.metadata.name}" if len(settings.services) > 1 else ""
    lines.append(
        f"  curl -X POST {url}{prefix}{task.path}/submit -H 'content-type: application/json' -d '{{…}}'"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _names(settings: LocalSettings) -> str:
    return ", ".join(service.metadata.name for service in settings.services)
