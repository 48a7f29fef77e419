"""The claims of callers' keys in the object store; what they are is told in `core/claim.py`."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from taskyard.api.names import LABEL_IDEMPOTENCY
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.claim import (
    MAX_CLAIM_BYTES,
    Claim,
    claim_key,
    claim_marker,
    digest_of,
)
from taskyard_operator.core.expiry import hour_of
from taskyard_operator.core.retention import Retention, retention_of
from taskyard_operator.gateway.catalog import Catalog
from taskyard_operator.gateway.several import each
from taskyard_operator.ports import Missing, ObjectStore, Rejected, Unavailable

_TRIES = 3
"""A claim that is in the way may be swept before it is read; twice in a row it is not."""
_AT_A_TIME = 8
"""Most claims that are read at the same time, for each request to the gateway."""


class Claims:
    """Says of each key which run it stands for.

    Args:
        objects: where the claims are.
        lifetime: how long a key is remembered, if what it stands for is not gone before.
        catalog: the services, which say how long something is left of their runs.
        defaults: how long that is where a service says nothing.
    """

    def __init__(
        self, objects: ObjectStore, lifetime: timedelta, catalog: Catalog, defaults: Retention
    ) -> None:
        self._objects = objects
        self._lifetime = lifetime
        self._catalog = catalog
        self._defaults = defaults

    async def claim(self, run: TaskRun, fingerprint: str) -> Claim:
        """The claim that holds for the key in a run's labels: one for this run, or the one that was first.

        Raises:
            PortError: the store gave no answer; the run may hold the key all the same.
        """
        namespace, digest = run.metadata.namespace, run.metadata.labels[LABEL_IDEMPOTENCY]
        now, key = datetime.now(UTC), claim_key(namespace, digest)
        expires_at = now + min(self._lifetime, await self._kept(run.spec.service))
        mine = Claim(run.metadata.name, fingerprint, expires_at)
        # The marker first: what is never looked for again must not be in the store.
        marker = claim_marker(hour_of(expires_at), namespace, digest)
        await self._objects.put_bytes(marker, b"")
        for _ in range(_TRIES):
            if await self._objects.put_new(key, mine.to_json()):
                return mine
            if found := await self.find(namespace, digest):
                return found
        raise Unavailable("another request with this Idempotency-Key was faster: try again")

    async def find(self, namespace: str, digest: str) -> Claim | None:
        """The claim of the key that the digest stands for, as it is now; None where nobody has claimed it.

        Raises:
            PortError: the store gave no answer, or what it has cannot be read.
        """
        try:
            text = await self._objects.get_small(claim_key(namespace, digest), MAX_CLAIM_BYTES)
            return Claim.from_json(text)
        except Missing:
            return None
        except ValueError as error:
            raise Rejected("what is stored for this Idempotency-Key cannot be read") from error

    async def find_of_any_task(self, key: str, fingerprint: str) -> Claim | None:
        """The claim of a caller's key for a request of whose task nothing is left but its fingerprint.

        A key is good for one task, so each of those that there are is tried, which takes a read.

        Raises:
            PortError: as `find`.
        """
        places = [
            (service.metadata.namespace, digest_of(service.metadata.name, task.name, key))
            for service in await self._catalog.services()
            for task in service.spec.tasks
        ]
        claims = await each(lambda place: self.find(*place), places, asyncio.Semaphore(_AT_A_TIME))
        return next((one for one in claims if one and one.fingerprint == fingerprint), None)

    async def note_deletion(self, run: TaskRun) -> None:
        """Let nobody who repeats the request for a run bring it back.

        Raises:
            PortError: the store gave no answer.
        """
        digest = run.metadata.labels.get(LABEL_IDEMPOTENCY)
        if digest is None:
            return
        namespace = run.metadata.namespace
        found = await self.find(namespace, digest)
        # One that is past its time brings nothing back, and may be swept at this moment.
        if found and found.run == run.metadata.name and found.expires_at > datetime.now(UTC):
            noted = replace(found, deleted=True).to_json()
            await self._objects.put_bytes(claim_key(namespace, digest), noted)

    async def _kept(self, service: str) -> timedelta:
        """How long after its creation something is left of a run at least."""
        services = {known.metadata.name: known for known in await self._catalog.services()}
        return retention_of(services.get(service), self._defaults).longest
