"""Attempts as Jobs on a real API server."""

from collections.abc import AsyncIterator

import pytest
from kubernetes.aio import client, config

from taskyard.api.names import LABEL_RUN_UID
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.job import JobSettings
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.launcher import JobLauncher
from taskyard_operator.kube.store import KubeRunStore
from taskyard_operator.kube.tracker import AttemptTracker
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.core.builders import a_run, a_service, a_ticket

RUNS = "taskruns.taskyard.dev"


@pytest.fixture
async def kube(control_plane: ControlPlane) -> AsyncIterator[KubeApi]:
    configuration = client.Configuration()
    await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
    api = KubeApi(client.ApiClient(configuration))
    yield api
    await api.close()


@pytest.fixture
def launcher(kube: KubeApi) -> JobLauncher:
    return JobLauncher(kube, AttemptTracker(), JobSettings())


async def a_new_run(kube: KubeApi, place: str, name: str) -> TaskRun:
    return await KubeRunStore(kube).create(a_run().named(name).in_namespace(place))


def jobs(api: Kubectl, place: str, run: TaskRun) -> list[bool]:
    """Of each Job of the run: whether it is being deleted."""
    selector = f"{LABEL_RUN_UID}={run.metadata.uid}"
    found = api.json("get", "jobs", "-n", place, "-l", selector)["items"]
    return ["deletionTimestamp" in job["metadata"] for job in found]


async def start(launcher: JobLauncher, run: TaskRun) -> None:
    await launcher.start(run, a_service(), 1, a_ticket())


async def test_an_attempt_is_started_once_and_stopped(
    api: Kubectl, kube: KubeApi, launcher: JobLauncher, place: str
) -> None:
    run = await a_new_run(kube, place, "stopped")

    await start(launcher, run)
    await start(launcher, run)
    assert jobs(api, place, run) == [False]

    await launcher.stop(run, 1)
    await launcher.stop(run, 1)
    assert all(jobs(api, place, run))


async def test_who_stops_an_attempt_does_not_stop_that_of_a_namesake(
    api: Kubectl, kube: KubeApi, launcher: JobLauncher, place: str
) -> None:
    """As a controller would that has not heard yet that the run was deleted and made anew."""
    gone = await a_new_run(kube, place, "twice")
    api("delete", RUNS, "twice", "-n", place)
    run = await a_new_run(kube, place, "twice")
    await start(launcher, run)

    await launcher.stop(gone, 1)

    assert jobs(api, place, run) == [False]
