"""How a status is written to a real API server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
from kubernetes.aio import client, config

from taskyard.api.names import API_VERSION
from taskyard.api.reasons import Phase
from taskyard.api.taskrun import Progress, TaskRun, TaskRunStatus
from taskyard_operator.kube import store as module
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.paths import resource_path
from taskyard_operator.kube.store import KubeRunStore
from taskyard_operator.ports import (
    Conflict,
    NotPermitted,
    OverQuota,
    PortError,
    Rejected,
    Unavailable,
)
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.core.builders import a_run

RUNS = "taskruns.taskyard.dev"
RUNNING = TaskRunStatus(phase=Phase.RUNNING, attempt=1, message="it runs")
FAILED = TaskRunStatus(phase=Phase.FAILED, attempt=1)


@pytest.fixture
async def kube(control_plane: ControlPlane) -> AsyncIterator[KubeApi]:
    configuration = client.Configuration()
    await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
    api = KubeApi(client.ApiClient(configuration))
    yield api
    await api.close()
    # aiohttp does not wait until the connection of a watch that was left early is closed, and says so:
    # docs.aiohttp.org, "Graceful shutdown".
    await asyncio.sleep(0.25)


@pytest.fixture
def store(kube: KubeApi) -> KubeRunStore:
    return KubeRunStore(kube)


async def a_new_run(store: KubeRunStore, place: str, name: str) -> TaskRun:
    return await store.create(a_run().named(name).in_namespace(place))


async def test_a_status_is_replaced_whole(api: Kubectl, store: KubeRunStore, place: str) -> None:
    run = await a_new_run(store, place, "replaced")

    written = await store.write_status(run, RUNNING)
    assert written.status == RUNNING
    written = await store.write_status(written, TaskRunStatus(phase=Phase.QUEUED))

    assert written.status == TaskRunStatus(phase=Phase.QUEUED)


async def test_a_quota_that_has_not_been_counted_yet_refuses_nothing_for_good(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "uncounted"},
        "spec": {"hard": {"count/taskruns.taskyard.dev": "0"}},
    }
    api.apply(quota, namespace=place)
    try:
        with pytest.raises(Unavailable, match="status unknown for quota: uncounted"):
            await refused_otherwise_than_for_too_many(api, store, place)
    finally:  # the other tests create runs in this namespace, too
        api("delete", "resourcequota", "uncounted", "-n", place)
        await accepted(store, place)


async def refused_otherwise_than_for_too_many(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    """Create runs; each time that the quota turns out to be counted, let that be forgotten.

    A control plane that has just started does not know how to count runs, and takes up to five minutes
    to look again; one that runs for longer has counted them at once.
    """
    async with asyncio.timeout(30):
        while True:
            with suppress(OverQuota):
                await a_new_run(store, place, "uncounted")
            api(
                "patch", "resourcequota", "uncounted", "-n", place, "--subresource=status",
                "--type=merge", "-p", json.dumps({"status": {"used": None}}),
            )  # fmt: skip


async def accepted(store: KubeRunStore, place: str) -> None:
    """Create a run, once the API server knows that the quota is gone, which takes it a moment."""
    async with asyncio.timeout(30):
        while True:
            with suppress(OverQuota, Unavailable):
                await a_new_run(store, place, "after-the-quota")
                return


async def test_what_our_account_may_not_do_may_be_done_later(
    api: Kubectl, control_plane: ControlPlane, place: str
) -> None:
    """An API server that has just started knows no roles, and says so of everything."""
    api("create", "serviceaccount", "nobody", "-n", place)
    token = api("create", "token", "nobody", "-n", place).strip()
    configuration = client.Configuration()
    await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
    configuration.api_key = {"BearerToken": f"Bearer {token}"}
    nobody = KubeApi(client.ApiClient(configuration))
    try:
        with pytest.raises(NotPermitted, match='cannot get resource "taskruns"'):
            await KubeRunStore(nobody).run(place, "any")
    finally:
        await nobody.close()


async def test_a_kind_that_is_not_served_can_be_listed_later(kube: KubeApi, place: str) -> None:
    """Its definition may have been removed, and be installed again: that is no answer about any object."""
    path = f"/apis/{API_VERSION}/namespaces/{place}/taskthings"

    with pytest.raises(Unavailable, match="serves no taskthings; is their CustomResource"):
        [thing async for thing in kube.list(path)]
    with pytest.raises(Unavailable, match="serves no taskthings"):
        await kube.version(path)


async def test_of_an_object_in_a_status_nothing_old_stays(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    run = await a_new_run(store, place, "wordless")
    half = RUNNING.model_copy(update={"progress": Progress(fraction=0.5, message="half of it")})
    unsure = RUNNING.model_copy(update={"progress": Progress(message="who knows how far")})

    written = await store.write_status(run, half)
    written = await store.write_status(written, unsure)

    assert written.status == unsure


async def test_a_run_is_ended_only_by_who_has_seen_its_last_change(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    run = await a_new_run(store, place, "guarded")
    changed = await store.request_cancel(run)

    with pytest.raises(Conflict):
        await store.write_status(run, FAILED)

    assert (await store.write_status(changed, FAILED)).phase is Phase.FAILED


async def test_a_late_word_does_not_undo_an_end(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    run = await a_new_run(store, place, "ended")
    await store.write_status(run, FAILED)

    with pytest.raises(Conflict):
        await store.write_status(run, RUNNING)
    with pytest.raises(Rejected, match="a finished run stays as it ended"):
        await store.write_status(await store.run(place, "ended"), RUNNING)


async def test_a_late_word_about_a_run_does_not_reach_its_namesake(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    run = await a_new_run(store, place, "namesake")
    api("delete", RUNS, "namesake", "-n", place)
    await a_new_run(store, place, "namesake")

    with pytest.raises(PortError):
        await store.write_status(run, RUNNING)


async def test_a_listing_survives_what_the_api_server_has_accepted(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    task = {"name": "t"}
    spec = {"image": "i", "entrypoint": "a:B", "tasks": [task], "resources": {"limits": {"cpu": 2}}}
    service = {"apiVersion": "taskyard.dev/v1alpha1", "kind": "TaskService", "spec": spec}
    api.apply({**service, "metadata": {"name": "natural"}}, namespace=place)
    try:
        found = await store.services(place)
    finally:
        api("delete", "taskservices.taskyard.dev", "natural", "-n", place)

    assert [each.metadata.name for each in found] == ["natural"]


@pytest.mark.parametrize("levels", [250, 9000])
async def test_a_run_that_is_nested_too_deeply_hides_no_others(
    api: Kubectl, store: KubeRunStore, place: str, tmp_path: Path, levels: int
) -> None:
    run = a_run().in_namespace(place).with_inline(given="DEEP")
    made = json.dumps(run.named(f"deep-{levels}").manifest())
    (file := tmp_path / "run.json").write_text(made.replace('"DEEP"', "[" * levels + "]" * levels))
    url = f"/apis/{API_VERSION}/namespaces/{place}/{TaskRun.PLURAL}"

    async with aclosing(await store.watch(place)) as changes:
        api("create", "--raw", url, "--filename", str(file))
        shallow = await store.create(run.named(f"beside-{levels}"))
        told = [await anext(changes) for _ in range(2)]
    listed = await store.runs(place)

    assert [change.run for change in told] == [None, shallow]
    assert shallow in listed
    assert f"deep-{levels}" not in [one.metadata.name for one in listed]


async def test_an_inline_input_is_stored_as_it_is(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    arguments = {"text": "ü😀" * 1000, "nothing": None, "deep": [{"a": [1, 2.5, True]}]}
    run = a_run().named("stored").in_namespace(place).with_inline(**arguments)

    await store.create(run)

    there = api.json("get", RUNS, "stored", "-n", place)["spec"]["input"]["inline"]
    assert there == json.loads(json.dumps(arguments))


async def test_whatever_happens_after_a_watch_has_begun_is_told_in_order(
    api: Kubectl, store: KubeRunStore, place: str
) -> None:
    before = await a_new_run(store, place, "before")

    async with aclosing(await store.watch(place)) as changes:
        run = await a_new_run(store, place, "after")
        await store.write_status(run, RUNNING)
        await store.delete(before)
        told = [await anext(changes) for _ in range(3)]

    assert [change.key for change in told] == [
        (place, "after"),
        (place, "after"),
        (place, "before"),
    ]
    assert [change.run and change.run.phase for change in told] == [
        Phase.QUEUED, Phase.RUNNING, None,
    ]  # fmt: skip


async def test_a_watch_goes_on_when_the_api_server_has_ended_it(
    store: KubeRunStore, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WATCH_SECONDS", 1)

    async with aclosing(await store.watch(place)) as changes:
        next_one = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(2.5)  # the time for which the API server keeps two of them open
        await a_new_run(store, place, "late")

        assert (await next_one).key == (place, "late")


async def test_a_watch_from_a_version_that_is_none_is_an_error_and_no_silence(
    kube: KubeApi, place: str
) -> None:
    async with aclosing(kube.watch(resource_path(TaskRun, place), "none", 5)) as events:
        with pytest.raises(PortError):
            await anext(events)
