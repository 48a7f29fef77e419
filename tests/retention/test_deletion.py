"""A TaskRun is deleted by its uid, and not by its name alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes.aio import client, config

from taskyard.api.taskrun import TaskRun
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.store import KubeRunStore
from tests.cluster.control_plane import ControlPlane

from .place import Place


@pytest.fixture
async def api(control_plane: ControlPlane) -> AsyncIterator[KubeApi]:
    configuration = client.Configuration()
    file = str(control_plane.kubeconfig)
    await config.load_kube_config(config_file=file, client_configuration=configuration)
    api = KubeApi(client.ApiClient(configuration))
    yield api
    await api.close()


async def test_a_run_that_has_taken_the_name_since_is_left_alone(
    place: Place, api: KubeApi
) -> None:
    manifest: dict[str, Any] = {
        "apiVersion": "taskyard.dev/v1alpha1",
        "kind": "TaskRun",
        "metadata": {"name": "nightly"},
        "spec": {"service": "studio", "task": "echo", "input": {"inline": {}}},
    }
    place.kubectl.apply(manifest, namespace=place.namespace)
    runs = KubeRunStore(api)
    run = await runs.run(place.namespace, "nightly")
    before = run.metadata.model_copy(update={"uid": "00000000-0000-0000-0000-000000000000"})

    await runs.delete(TaskRun(metadata=before, spec=run.spec))
    assert place.exists("taskruns.taskyard.dev", "nightly")

    await runs.delete(run)
    assert not place.exists("taskruns.taskyard.dev", "nightly")

    await runs.delete(run)  # it is gone already
