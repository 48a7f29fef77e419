"""Leadership by a Lease on the API server: win it, renew it while working, let go of it at the end.

Every write carries the resourceVersion of what it was decided on: of two processes that find the Lease
free one gets 409. What if two lead all the same, because one was frozen and does not know yet that its
time is over? Nothing is run twice even then: names are deterministic, see docs/architecture.md.
"""

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from taskyard_operator.core.election import Lease, Lost, Terms, View, Wait, decide
from taskyard_operator.kube.answers import Json
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.paths import lease_path
from taskyard_operator.pauses import jittered
from taskyard_operator.ports import Conflict, Key, Missing, PortError, Unavailable

logger = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]

_LOOK_SECONDS = 1.0
"""How often a candidate looks: a Lease that was let go of is found within this time."""
_RETRY_SECONDS = 1.0
"""The longest wait of a leader before it tries again what failed."""
_LONGEST_RETRY_SECONDS = 5.0
"""The longest wait of a candidate while the API server is away."""
_RELEASE_SECONDS = 3.0
"""Longest time to let go; without it the others wait until the Lease runs out."""
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class LeadershipLost(Exception):
    """This process led and may no more; the message is one sentence."""


def own_namespace() -> str | None:
    """The namespace of the pod that this is; None outside of a pod."""
    try:
        return _OWN_NAMESPACE.read_text().strip()
    except OSError:
        return None


def new_identity() -> str:
    """A name of this one process: the pod's name, and what a restarted container does not share."""
    return f"{socket.gethostname()}_{secrets.token_hex(4)}"


@asynccontextmanager
async def candidacy(key: Key, terms: Terms) -> AsyncIterator["Leadership"]:
    """A candidate for the Lease `key`; at the end it lets go of what it holds.

    It has connections of its own, so that no renewal ever waits for one that the engine uses. They are
    less patient too: half of `terms.renew`, so that a request that is lost leaves time for another.
    """
    api = await KubeApi.connect(connections=2, call_seconds=terms.renew / 2)
    leadership = Leadership(api, key, terms, new_identity())
    try:
        yield leadership
    finally:
        await leadership.release()
        await api.close()


class Leadership:
    """One process's part in the election.

    Args:
        api: the API server.
        key: namespace and name of the Lease.
        terms: how long leadership lasts.
        me: the identity of this process, which no other may ever have.
    """

    def __init__(self, api: KubeApi, key: Key, terms: Terms, me: str) -> None:
        self._api = api
        self._key = key
        self._terms = terms
        self._me = me
        self._view = View(None, since=time.monotonic())
        self._version: str | None = None
        self._may_hold = False

    async def win(self) -> None:
        """Return once this process leads, however long that takes.

        Raises:
            PortError: the API server refuses it for good, such as where the namespace is missing.
        """
        longest = _LOOK_SECONDS
        while self._view.renewed_at is None:
            try:
                pause = await self._try_to_win()
                longest = _LOOK_SECONDS
            except Conflict:  # somebody was quicker
                pause = jittered(_LOOK_SECONDS)
            except Unavailable as error:
                longest = min(longest * 2, _LONGEST_RETRY_SECONDS)
                pause = jittered(longest)
                logger.warning("%s, again in %.1f s: %s", self._name, pause, error)
            await asyncio.sleep(pause)
        logger.info("%s is led by this process, %s", self._name, self._me)

    async def while_leading(self, work: Work) -> None:
        """Do `work` and renew the Lease meanwhile; the work is cancelled when leadership is lost.

        Raises:
            LeadershipLost: once the work has stopped.
        """
        tasks = {
            asyncio.create_task(work(), name="work"),
            asyncio.create_task(self._renew_until_lost(), name="lease"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            task.result()

    async def release(self) -> None:
        """Let go of the Lease, so that another may take it at once. Only call it when all work ended."""
        if not self._may_hold:
            return
        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._look()
                lease = self._view.lease
                if lease and lease.holder == self._me:
                    await self._write(lease.released())
        except (PortError, TimeoutError) as error:
            logger.warning("%s was not released, it will run out: %s", self._name, error)
        self._may_hold = False

    async def _try_to_win(self) -> float:
        """Look, and take it if it is free; returns the seconds until the next look."""
        held_before = self._view.lease.holder if self._view.lease else ""
        await self._look()
        decision = decide(self._view, self._me, self._terms, time.monotonic())
        if not isinstance(decision, Wait):
            await self._hold()
            return 0.0
        held = self._view.lease.holder if self._view.lease else ""
        if held != held_before:
            logger.info("%s is led by %s; this process, %s, stands by", self._name, held, self._me)
        return max(0.0, min(jittered(_LOOK_SECONDS), decision.until - time.monotonic()))

    async def _renew_until_lost(self) -> None:
        while True:
            decision = decide(self._view, self._me, self._terms, time.monotonic())
            if isinstance(decision, Lost):
                raise LeadershipLost(f"this process leads no more, because {decision.why}")
            if isinstance(decision, Wait):
                await asyncio.sleep(decision.until - time.monotonic())
            else:
                await self._in_time(self._renew())

    async def _renew(self) -> None:
        try:
            await self._hold()
        except Conflict:
            await self._look_if_answered()
        except PortError as error:
            logger.warning("%s was not renewed: %s", self._name, error)
            await asyncio.sleep(jittered(_RETRY_SECONDS))
            await self._look_if_answered()

    async def _look_if_answered(self) -> None:
        """What was written may be stored though no answer came: look before writing again."""
        try:
            await self._look()
        except PortError as error:
            logger.warning("%s was not read: %s", self._name, error)

    async def _in_time(self, step: Awaitable[None]) -> None:
        """End a step of the leader at the moment it has to give up, whatever the step waits for."""
        renewed_at = self._view.renewed_at or 0.0
        loop = asyncio.get_running_loop()
        left = renewed_at + self._terms.give_up - time.monotonic()
        try:
            async with asyncio.timeout_at(loop.time() + left):
                await step
        except TimeoutError:
            logger.warning("%s was not renewed in time", self._name)

    async def _look(self) -> None:
        """Read the Lease anew."""
        try:
            self._saw(await self._api.get(lease_path(*self._key)))
        except Missing:
            self._saw(None)

    async def _hold(self) -> None:
        """Take or renew the Lease as it was last read. Raises `Conflict` if somebody was quicker."""
        sent_at = time.monotonic()
        lease = self._view.lease or Lease()
        self._may_hold = True
        await self._write(lease.held_by(self._me, self._terms, datetime.now(UTC)))
        self._view = replace(self._view, renewed_at=sent_at)

    async def _write(self, lease: Lease) -> None:
        namespace, name = self._key
        body: Json = {"metadata": {"resourceVersion": self._version}, "spec": lease.spec()}
        if self._version is not None:
            self._saw(await self._patch(body))
            return
        body |= {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name},
        }
        self._saw(await self._api.create(lease_path(namespace), body))

    async def _patch(self, body: Json) -> Json:
        try:
            return await self._api.patch(lease_path(*self._key), body)
        except Missing as error:
            raise Conflict(f"{self._name} was deleted") from error

    def _saw(self, manifest: Json | None) -> None:
        lease = Lease.of(manifest) if manifest is not None else None
        if lease != self._view.lease:
            self._view = replace(self._view, lease=lease, since=time.monotonic())
        self._version = manifest["metadata"]["resourceVersion"] if manifest is not None else None

    @property
    def _name(self) -> str:
        return f"the lease {'/'.join(self._key)}"
