"""One run for each Idempotency-Key, whoever repeats the request, when and where.

The first request with a key claims it for the name of its run, and only then creates that run. All
others find the claim. Where the run is not there yet (the first gateway may be dead) they create it under
that name, which the API server takes once.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request

from taskyard.api.names import LABEL_IDEMPOTENCY
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.claim import Claim
from taskyard_operator.gateway.claims import Claims
from taskyard_operator.gateway.creation import create_once, drop_input, unless_made
from taskyard_operator.gateway.errors import Expired, IdempotencyMismatch, Unknown
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.ports import Conflict, ObjectStore, RunStore


@dataclass(frozen=True, slots=True)
class Accepted:
    """A run that was asked for, and whether an earlier request had made it."""

    run: TaskRun
    replayed: bool = False


class OncePerKey:
    """Creates runs that were asked for with a key."""

    def __init__(
        self, runs: RunStore, objects: ObjectStore, finder: Finder, claims: Claims
    ) -> None:
        self._runs = runs
        self._objects = objects
        self._finder = finder
        self._claims = claims

    async def create(self, run: TaskRun, fingerprint: str, request: Request) -> Accepted:
        """The run that the key in the labels of `run` stands for, made now if it never was.

        An input that was stored for `run` stays only if it is that of the run there is.

        Raises:
            IdempotencyMismatch: the key stands for another request.
            Expired: what it stands for is gone.
            OutcomeUnknown: the run may exist.
            PortError: it was not created, or it cannot be told; the request can be repeated.
        """
        async with unless_made(self._objects, run):
            claim = await self._claims.claim(run, fingerprint)
            accepted = await self._settle(claim, run, fingerprint, request)
        if accepted.run.spec.input != run.spec.input:
            await drop_input(self._objects, run)
        return accepted

    async def earlier(self, key: str, fingerprint: str, request: Request) -> Accepted | None:
        """The run that an earlier request with this key has made, whichever task it was for; None for none.

        Raises:
            PortError: it cannot be told.
        """
        claim = await self._claims.find_of_any_task(key, fingerprint)
        if claim:
            with suppress(Expired, Unknown):
                return Accepted(await self._finder.run(claim.run, request), replayed=True)
        return None

    async def _settle(
        self, claim: Claim, run: TaskRun, fingerprint: str, request: Request
    ) -> Accepted:
        if claim.fingerprint != fingerprint:
            raise IdempotencyMismatch(
                "this Idempotency-Key was used for another request: repeat that one as it was, "
                "or choose another key",
                task_id=claim.run,
            )
        if claim.run != run.metadata.name:
            there = await self._made_before(claim, run, request)
            if there is not None:
                return Accepted(there, replayed=True)
        name = {"name": claim.run}
        claimed = run.model_copy(update={"metadata": run.metadata.model_copy(update=name)})
        try:
            return Accepted(await create_once(self._runs, claimed))
        except Conflict:  # Somebody with the same key was faster.
            return Accepted(await self._finder.run(claim.run, request), replayed=True)

    async def _made_before(self, claim: Claim, asked: TaskRun, request: Request) -> TaskRun | None:
        """The run of a claim; None where it was never made."""
        try:
            return await self._finder.run(claim.run, request)
        except Unknown:
            # Who deletes a run changes its claim before: this one may have been read before that.
            digest = asked.metadata.labels[LABEL_IDEMPOTENCY]
            latest = await self._claims.find(asked.metadata.namespace, digest)
            if latest != claim or claim.deleted or claim.expires_at <= datetime.now(UTC):
                raise Expired(
                    f"task {claim.run}, for which this Idempotency-Key stands, is gone: "
                    "choose another key for a new one",
                    task_id=claim.run,
                ) from None
            return None
