"""The claims of callers' keys in the object store; what they are is told in `core/claim.py`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from taskyard.api.names import LABEL_IDEMPOTENCY
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.claim import MAX_CLAIM_BYTES, Claim, claim_key, claim_marker
from taskyard_operator.core.expiry import hour_of
from taskyard_operator.core.retention import Retention, retention_of
from taskyard_operator.gateway.catalog import Catalog
from taskyard_operator.ports import Missing, ObjectStore, Rejected, Unavailable

_TRIES = 3
"""A claim that is in the way may be swept before it is read; twice in a row it is not."""


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
            if found := await self._find(key):
                return found
        raise Unavailable("another request with this Idempotency-Key was faster: try again")

    async def note_deletion(self, run: TaskRun) -> None:
        """Let nobody who repeats the request for a run bring it back.

        Raises:
            PortError: the store gave no answer.
        """
        digest = run.metadata.labels.get(LABEL_IDEMPOTENCY)
        if digest is None:
            return
        key = claim_key(run.metadata.namespace, digest)
        found = await self._find(key)
        # One that is past its time brings nothing back, and may be swept at this moment.
        if found and found.run == run.metadata.name and found.expires_at > datetime.now(UTC):
            await self._objects.put_bytes(key, replace(found, deleted=True).to_json())

    async def _kept(self, service: str) -> timedelta:
        """How long after its creation something is left of a run at least."""
        services = {known.metadata.name: known for known in await self._catalog.services()}
        return retention_of(services.get(service), self._defaults).longest

    async def _find(self, key: str) -> Claim | None:
        try:
            return Claim.from_json(await self._objects.get_small(key, MAX_CLAIM_BYTES))
        except Missing:
            return None
        except ValueError as error:
            raise Rejected("what is stored for this Idempotency-Key cannot be read") from error
