"""The watches of the controller, on a real API server behind a door: what happens is told, come what may."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio import client, config

from taskyard.api.names import (
    API_VERSION,
    GROUP,
    LABEL_ATTEMPT,
    LABEL_MANAGED_BY,
    LABEL_RUN,
    LABEL_RUN_UID,
    MANAGED_BY,
)
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.job import JobSettings
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.cluster_watch import ClusterWatch
from taskyard_operator.kube.launcher import JobLauncher
from taskyard_operator.kube.reflector import Patience
from taskyard_operator.kube.tracker import AttemptTracker
from taskyard_operator.ports import Key, PortError
from tests.chaos.mishaps import answered, cut_off
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.core.tables import table
from tests.engine.world import until

from .api_door import ApiDoor, Asked, Mishap, Order, Passage

SOON = Patience(watch=300, breath=0.05, first=0.1, longest=0.5)
SHORT_SILENCE = replace(SOON, silence=2)
"""Watches of a quiet cluster break by it as well."""
KINDS = {"taskruns", "jobs", "pods"}
WATCHES = len(KINDS)
EXPIRED = {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}


@dataclass
class Audience:
    """Keeps what it is told, and lists all attempts where it is told to."""

    runs: dict[str, TaskRun | None] = field(default_factory=dict)
    """By name; None once it is gone."""
    knows_versions: bool = False
    """Whether it says of each version of a run that it knows that one."""
    versions: set[str] = field(default_factory=set)
    """Those of runs that it was asked about."""
    attempts: dict[str, Attempt | None] = field(default_factory=dict)
    """By run; None once nothing is left of the attempt."""
    heard: set[tuple[str, str | None]] = field(default_factory=set)
    """Kinds, each with the namespace in which it is watched."""
    failures: list[str] = field(default_factory=list)
    listings: int = 0
    unlisted: asyncio.Event = field(default_factory=asyncio.Event)

    def run_known(self, key: Key, uid: str, version: str) -> bool:
        self.versions.add(version)
        return self.knows_versions

    def run_seen(self, run: TaskRun) -> None:
        self.runs[run.metadata.name] = run

    def run_gone(self, key: Key, uid: str) -> None:
        self.runs[key.name] = None

    def attempt_seen(self, key: Key, attempt: Attempt) -> None:
        self.attempts[key.name] = attempt

    def attempt_gone(self, key: Key, number: int, owner: str) -> None:
        self.attempts[key.name] = None

    def watch_heard(self, kind: str, namespace: str | None) -> None:
        self.heard.add((kind, namespace))

    def watch_failed(self, kind: str, namespace: str | None, error: PortError) -> None:
        self.failures.append(f"{kind}: {error}")

    def list_again(self) -> None:
        self.listings += 1
        self.unlisted.set()

    async def list_for_ever(self, launcher: JobLauncher, namespace: str) -> None:
        while True:
            await self.unlisted.wait()
            self.unlisted.clear()
            for key, attempt in await launcher.all_attempts(namespace):
                self.attempt_seen(key, attempt)

    def knows_pod_of(self, run: str) -> bool:
        attempt = self.attempts.get(run)
        return attempt is not None and attempt.pod is not None


@dataclass
class Post:
    """A namespace that is watched through a door, and who is told."""

    kubectl: Kubectl
    namespace: str
    door: ApiDoor
    audience: Audience
    api: KubeApi

    def start(self, run: str, **labels: str) -> None:
        """Create the Job of a run."""
        ours = {LABEL_MANAGED_BY: MANAGED_BY, LABEL_RUN: run, LABEL_RUN_UID: f"uid-{run}"}
        metadata = {"labels": ours | {LABEL_ATTEMPT: "1"} | labels}
        # Its pod is never scheduled, node or no node.
        container = {"name": "task", "image": "none", "resources": {"requests": {"cpu": "1000000"}}}
        pod = {"metadata": metadata, "spec": {"restartPolicy": "Never", "containers": [container]}}
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata | {"name": f"{run}-1"}}
        self.kubectl.apply(job | {"spec": {"template": pod}}, namespace=self.namespace)

    def submit(self, run: str, **spec: Any) -> None:
        """Create a run, or ask for something else of it."""
        spec = {"service": "any", "task": "greet", "input": {"inline": {}}} | spec
        kind = {"apiVersion": API_VERSION, "kind": TaskRun.KIND, "metadata": {"name": run}}
        self.kubectl.apply(kind | {"spec": spec}, namespace=self.namespace)

    def withdraw(self, run: str) -> None:
        """Delete a run."""
        self.kubectl("delete", f"{TaskRun.PLURAL}.{GROUP}", run, "-n", self.namespace)

    def stop(self, run: str) -> None:
        """Delete the Job of a run, and its pod with it."""
        self.kubectl("delete", "job", f"{run}-1", "-n", self.namespace, "--cascade=foreground")

    def watches(self) -> list[Asked]:
        """The watches that were asked for, oldest first."""
        return self.door.asked(is_watch)

    async def told_of(self, run: str) -> None:
        """Create the Job of a run; returns once its pod is told of."""
        await asyncio.to_thread(self.start, run)
        await until(lambda: self.audience.knows_pod_of(run), 30)


def is_watch(asked: Asked) -> bool:
    return asked.watch


@pytest.fixture
def door(control_plane: ControlPlane, tmp_path: Path) -> Iterator[ApiDoor]:
    with ApiDoor(control_plane.kubeconfig, tmp_path) as door:
        yield door


@pytest.fixture
def patience() -> Patience:
    return SOON


@pytest.fixture
async def post(
    kubectl: Kubectl, definitions: None, namespace: str, door: ApiDoor, patience: Patience
) -> AsyncIterator[Post]:
    """A post at which the watches have begun, and are soon at the end of their patience."""
    configuration = client.Configuration()
    await config.load_kube_config(str(door.kubeconfig), client_configuration=configuration)
    api = KubeApi(client.ApiClient(configuration))
    audience = Audience()
    tracker = AttemptTracker()
    watch = ClusterWatch(api, tracker, audience, [namespace], patience)
    launcher = JobLauncher(api, tracker, JobSettings())
    work = [watch.follow_for_ever(), audience.list_for_ever(launcher, namespace)]
    tasks = [asyncio.create_task(each) for each in work]
    await asyncio.wait_for(watch.begun(), 30)
    yield Post(kubectl, namespace, door, audience, api)
    assert not any(task.done() for task in tasks), "the watch ended by itself"
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await api.close()


async def test_an_attempt_is_told_of_from_its_creation_until_nothing_is_left_of_it(
    post: Post,
) -> None:
    # One for each watch, and asked for before it says anything.
    assert post.audience.listings == WATCHES

    await post.told_of("call")
    await asyncio.to_thread(post.stop, "call")

    await until(lambda: post.audience.attempts["call"] is None, 30)
    assert post.audience.heard == {("jobs", post.namespace), ("pods", post.namespace)}
    assert post.audience.listings == WATCHES
    assert post.audience.failures == []


async def test_a_run_is_told_of_from_its_creation_until_it_is_gone(post: Post) -> None:
    told = post.audience.runs

    await asyncio.to_thread(post.submit, "call")
    await until(lambda: "call" in told, 30)
    await asyncio.to_thread(post.submit, "call", cancel=True)
    await until(lambda: (run := told["call"]) is not None and run.spec.cancel is True, 30)
    await asyncio.to_thread(post.withdraw, "call")
    await until(lambda: told["call"] is None, 30)

    assert (TaskRun.PLURAL, post.namespace) in post.audience.heard


async def test_a_version_of_a_run_that_is_known_is_not_told_of(post: Post) -> None:
    post.audience.knows_versions = True
    await asyncio.to_thread(post.submit, "call")
    await until(lambda: len(post.audience.versions) == 1, 30)
    await asyncio.to_thread(post.submit, "call", cancel=True)
    await until(lambda: len(post.audience.versions) == 2, 30)

    assert post.audience.runs == {}


async def test_what_is_not_ours_is_not_even_sent(post: Post) -> None:
    await post.told_of("before")
    await asyncio.to_thread(post.start, "foreign", **{LABEL_MANAGED_BY: "somebody"})
    await post.told_of("ours")

    assert post.audience.attempts.keys() == {"before", "ours"}
    of_attempts = [asked for asked in post.watches() if not asked.path.endswith("/taskruns")]
    assert all("labelSelector=app" in asked.query for asked in of_attempts)


async def test_a_watch_that_is_cut_goes_on_from_where_it_was(post: Post) -> None:
    await post.told_of("before")
    post.door.order(order := Order(is_watch, cut_off))
    post.door.cut_watches()
    await asyncio.to_thread(post.start, "meanwhile")
    await until(lambda: len(order.hits) >= WATCHES)

    post.door.revoke()

    await until(lambda: post.audience.knows_pod_of("meanwhile"), 30)
    assert post.audience.listings == WATCHES


@pytest.mark.parametrize("patience", [SHORT_SILENCE], ids=["short"])
async def test_a_watch_that_says_nothing_is_given_up_and_nothing_is_missed(post: Post) -> None:
    await post.told_of("before")
    post.door.fall_silent()
    await asyncio.to_thread(post.start, "unheard")
    before = len(post.watches())
    await until(lambda: len(post.watches()) >= before + WATCHES)

    post.door.revoke()

    await until(lambda: post.audience.knows_pod_of("unheard"), 30)
    assert post.audience.listings == WATCHES


async def test_after_a_version_that_is_too_old_everything_is_listed_again(post: Post) -> None:
    await post.told_of("before")
    post.door.say_in_watches(EXPIRED)
    await until(lambda: post.audience.listings == 2 * WATCHES)

    await post.told_of("after")

    assert post.audience.listings == 2 * WATCHES
    assert post.audience.failures == []


def lists_pods(asked: Asked) -> bool:
    return asked.path.endswith("/pods") and not asked.watch


async def test_what_a_listing_that_failed_has_seen_is_still_news_for_the_watch(post: Post) -> None:
    await post.told_of("call")
    launcher = JobLauncher(post.api, tracker := AttemptTracker(), JobSettings())
    post.door.order(Order(lists_pods, answered(500)))

    with pytest.raises(PortError):
        await launcher.all_attempts(post.namespace)

    job = await asyncio.to_thread(post.kubectl.json, "get", "job", "call-1", "-n", post.namespace)
    assert tracker.job_seen(job)


async def said_nothing(_: Passage) -> web.StreamResponse:
    """The watch is granted, and ends before anything is said in it."""
    return web.Response()


async def greeted(_: Passage) -> web.StreamResponse:
    """A proxy answers with a page of its own."""
    return web.Response(text="<!doctype html>\n<title>Sign in</title>\n", content_type="text/html")


async def refused(_: Passage) -> web.StreamResponse:
    """The account may not watch."""
    said = {"message": 'pods is forbidden: User "controller" cannot watch resource "pods"'}
    return web.json_response(said, status=403)


@table(
    {
        "by a proxy": (greeted, False),
        "by an authorizer": (refused, True),
        "403": (answered(403), False),
        "410": (answered(410), True),
        "429": (answered(429), False),
        "500": (answered(500), False),
        "and ended at once": (said_nothing, False),
    }
)
async def test_a_watch_that_is_answered(post: Post, case: tuple[Mishap, bool]) -> None:
    """Is tried again less and less often, and told of from the second time on.

    Only where the version is known no more (410), or what was seen is forgotten since it may not be seen
    any more, everything is listed again.
    """
    mishap, listings = case
    await post.told_of("before")
    begins = time.monotonic()
    post.door.order(Order(is_watch, mishap))
    post.door.cut_watches()
    await until(lambda: len(post.audience.failures) >= 4 * WATCHES)
    took = time.monotonic() - begins
    post.door.revoke()

    await post.told_of("after")

    assert {kind_of(told) for told in post.audience.failures} == KINDS
    assert len(post.watches()) <= WATCHES * (2 + took / (SOON.first / 2))
    assert (post.audience.listings > WATCHES) is listings


def kind_of(told: str) -> str:
    return told.partition(":")[0]


def seconds_of(number: int) -> Callable[[Asked], bool]:
    return lambda asked: asked.watch and f"timeoutSeconds={number}" in asked.query


async def test_the_api_server_is_asked_to_end_a_watch_and_to_say_that_it_is_there(
    post: Post,
) -> None:
    assert post.door.asked(seconds_of(SOON.watch)) == post.watches()
    assert all("allowWatchBookmarks=true" in asked.query for asked in post.watches())
