"""One run for a key, in the races and losses that real parts show too seldom. Pure: our ports are played."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import Request

from taskyard.api.names import LABEL_IDEMPOTENCY, new_run_name
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import StoredObject, TaskInput, TaskRun, TaskRunSpec
from taskyard.api.taskservice import Retention as SaidRetention
from taskyard_operator.core.claim import Claim, claim_key
from taskyard_operator.core.retention import Retention
from taskyard_operator.gateway.catalog import Catalog
from taskyard_operator.gateway.claims import Claims
from taskyard_operator.gateway.errors import Expired, OutcomeUnknown
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.once import OncePerKey
from taskyard_operator.gateway.past import Past
from taskyard_operator.ports import Conflict, Key, OverQuota, Unanswered, Unavailable
from tests.core.builders import a_service
from tests.engine.world import Calls, MemoryObjects, MemoryRuns, until

DAY = timedelta(days=1)
REQUEST = Request({"type": "http", "headers": []})
CLAIM = claim_key("team", "digest")


class Runs(MemoryRuns):
    """Runs whose names are taken once, as an API server takes them."""

    async def create(self, run: TaskRun) -> TaskRun:
        if Key.of(run) in self.by_key:
            await self.calls.enter("create")
            raise Conflict("exists already")
        return await super().create(run)


@dataclass
class World:
    """What all gateways share."""

    calls: Calls
    runs: Runs
    objects: MemoryObjects

    def claims(self, lifetime: timedelta = DAY) -> Claims:
        return Claims(self.objects, lifetime, Catalog(self.runs, "team", None), Retention())

    def gateway(self, lifetime: timedelta = DAY) -> OncePerKey:
        """One of them."""
        past = Past(self.objects, Retention())
        finder = Finder(self.runs, past, Catalog(self.runs, "team", None), "team")
        return OncePerKey(self.runs, self.objects, finder, self.claims(lifetime))

    def asked(self) -> TaskRun:
        """A run as a request asks for it, whose input was just stored."""
        name = new_run_name(datetime.now(UTC))
        key = f"team/{name}/input"
        self.objects.stored[key] = b"input"
        stored = StoredObject(key=key, size=5, sha256="ab" * 32)
        labels = {LABEL_IDEMPOTENCY: "digest"}
        return TaskRun(
            metadata=Metadata(name=name, namespace="team", labels=labels),
            spec=TaskRunSpec(service="studio", task="paint", input=TaskInput(object=stored)),
        )

    def inputs(self) -> list[str]:
        return [key for key in self.objects.stored if key.endswith("/input")]

    def claim(self) -> Claim:
        return Claim.from_json(self.objects.stored[CLAIM])


@pytest.fixture
def world() -> World:
    calls = Calls()
    return World(calls, Runs(calls), MemoryObjects(calls))


async def test_a_claim_whose_answer_was_lost_is_the_askers_own(world: World) -> None:
    run = world.asked()
    claim = Claim(run.metadata.name, "same", datetime.now(UTC) + DAY)
    world.objects.stored[CLAIM] = claim.to_json()

    accepted = await world.gateway().create(run, "same", REQUEST)

    assert (accepted.run.metadata.name, accepted.replayed) == (run.metadata.name, False)
    assert world.inputs() == [f"team/{run.metadata.name}/input"]


async def test_one_who_is_overtaken_after_his_claim_gives_the_task_that_there_is(
    world: World,
) -> None:
    slow, quick = world.asked(), world.asked()
    await world.claims().claim(slow, "same")  # and its gateway goes no further for now
    overtaking = await world.gateway().create(quick, "same", REQUEST)

    overtaken = await world.gateway().create(slow, "same", REQUEST)

    assert (overtaking.replayed, overtaken.replayed) == (False, True)
    assert overtaking.run.metadata.name == overtaken.run.metadata.name == slow.metadata.name
    assert world.inputs() == [f"team/{quick.metadata.name}/input"]


async def test_a_run_whose_answer_was_lost_keeps_the_input_that_it_has(world: World) -> None:
    slow, quick = world.asked(), world.asked()
    await world.claims().claim(slow, "same")
    world.calls.fail("create", Unanswered("time-out"))
    world.runs.put(
        quick.model_copy(
            update={"metadata": quick.metadata.model_copy(update={"name": slow.metadata.name})}
        )
    )
    # The first request comes to nothing, and the second finds what another gateway made meanwhile.
    accepted = await world.gateway().create(slow, "same", REQUEST)

    assert accepted.run.spec == quick.spec
    assert world.inputs() == [f"team/{quick.metadata.name}/input"]


async def test_what_was_refused_for_now_can_be_asked_for_again(world: World) -> None:
    world.calls.fail("create", OverQuota("too many"))
    first, second = world.asked(), world.asked()
    with pytest.raises(OverQuota):
        await world.gateway().create(first, "same", REQUEST)
    assert world.inputs() == [f"team/{second.metadata.name}/input"]

    accepted = await world.gateway().create(second, "same", REQUEST)

    assert (accepted.run.metadata.name, accepted.replayed) == (first.metadata.name, False)


async def test_where_the_outcome_is_unknown_the_input_stays(world: World) -> None:
    world.calls.broken["create"] = Unanswered("time-out")
    run = world.asked()

    with pytest.raises(OutcomeUnknown):
        await world.gateway().create(run, "same", REQUEST)

    assert world.inputs() == [f"team/{run.metadata.name}/input"]


@pytest.mark.parametrize("method", ["put_bytes", "put_new"])
async def test_without_a_claim_there_is_no_run(world: World, method: str) -> None:
    world.calls.fail(method, Unavailable("away"))

    with pytest.raises(Unavailable):
        await world.gateway().create(world.asked(), "same", REQUEST)

    assert (world.runs.by_key, world.inputs()) == ({}, [])


async def test_a_claim_that_is_swept_before_it_is_read_is_free(world: World) -> None:
    old = Claim("gone", "other", datetime.now(UTC) - DAY)
    world.objects.stored[CLAIM] = old.to_json()

    class SweptMeanwhile(MemoryObjects):
        async def get_small(self, key: str, limit: int) -> bytes:
            if key == CLAIM and self.stored.get(key) == old.to_json():
                del self.stored[key]
            return await super().get_small(key, limit)

    swept = SweptMeanwhile(world.calls)
    swept.stored = world.objects.stored
    world.objects = swept
    run = world.asked()

    accepted = await world.gateway().create(run, "same", REQUEST)

    assert accepted.run.metadata.name == world.claim().run == run.metadata.name


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [(DAY, 120), (timedelta(seconds=60), 60)], ids=["data", "setting"]
)
async def test_a_key_is_remembered_no_longer_than_its_task_is_kept(
    world: World, lifetime: timedelta, seconds: int
) -> None:
    retention = SaidRetention(task_run=120, result=60)
    service = a_service().named("studio").having(retention=retention)
    world.runs.of_service[Key.of(service)] = service

    before = datetime.now(UTC)
    await world.gateway(lifetime).create(world.asked(), "same", REQUEST)

    kept = (world.claim().expires_at - before).total_seconds()
    assert seconds - 1 <= kept <= seconds + 5


async def test_a_task_that_may_be_gone_is_not_made_anew(world: World) -> None:
    world.objects.stored[CLAIM] = Claim(
        "gone", "same", datetime.now(UTC) - timedelta(seconds=1)
    ).to_json()

    with pytest.raises(Expired, match="choose another key"):
        await world.gateway().create(world.asked(), "same", REQUEST)

    assert (world.runs.by_key, world.inputs()) == ({}, [])


async def test_one_who_asks_in_the_moment_of_a_deletion_does_not_bring_the_task_back(
    world: World,
) -> None:
    made = (await world.gateway().create(world.asked(), "same", REQUEST)).run
    look = world.calls.hold("run")
    asking = asyncio.create_task(world.gateway().create(world.asked(), "same", REQUEST))
    await until(lambda: world.calls.count["run"])  # he has read the claim, and looks for the task

    await world.claims().note_deletion(made)
    await world.runs.delete(made)
    look.set()

    with pytest.raises(Expired, match="choose another key"):
        await asking
    assert world.runs.by_key == {}
