"""The chart in a real cluster, with the image of the Dockerfile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.kubectl import Kubectl

from .release import CREDENTIALS, Release, define, operator_image, prepared, until
from .rendering import RELEASE

SERVICE = {
    "apiVersion": "taskyard.dev/v1alpha1",
    "kind": "TaskService",
    "metadata": {"name": "greeter"},
    "spec": {
        "image": "localhost:5000/there-is-no-such-image:1",
        "entrypoint": "service:Greeter",
        "tasks": [{"name": "greet"}],
    },
}

ALLOWED = {
    "controller": [
        *("get taskruns", "list taskruns", "watch taskruns", "delete taskruns"),
        "update taskruns/status",
        *("update taskruns/finalizers", "list taskservices", "watch taskservices"),
        *("get jobs", "list jobs", "watch jobs", "create jobs", "delete jobs"),
        *("list pods", "watch pods", "delete pods", "get pods/log"),
    ],
    "gateway": [
        *("list taskservices", "create taskruns", "get taskruns", "list taskruns"),
        *("patch taskruns", "watch taskruns", "delete taskruns"),
    ],
}
FORBIDDEN = {
    "controller": [
        *("create taskruns", "patch taskruns", "update taskruns"),
        *("patch taskruns/status", "create taskservices", "patch taskservices"),
        *("delete taskservices", "update jobs", "patch jobs", "deletecollection jobs"),
        *("get pods", "create pods", "create pods/exec", "create pods/attach"),
        *("get secrets", "list secrets", "create serviceaccounts/token", "get configmaps"),
        *("create events", "get leases", "create roles", "create rolebindings"),
    ],
    "gateway": [
        *("update taskruns", "deletecollection taskruns"),
        *(
            "patch taskruns/status",
            "update taskruns/status",
            "get taskservices",
            "create taskservices",
        ),
        *("delete taskservices", "list jobs", "create jobs", "list pods", "get pods/log"),
        *("get secrets", "list secrets", "create serviceaccounts/token", "get configmaps"),
    ],
}
GROUPS = {
    "taskruns": "taskyard.dev",
    "taskservices": "taskyard.dev",
    "jobs": "batch",
    "leases": "coordination.k8s.io",
    "roles": "rbac.authorization.k8s.io",
    "rolebindings": "rbac.authorization.k8s.io",
    "customresourcedefinitions": "apiextensions.k8s.io",
}


Story = Callable[[Cluster, str], None]
"""What happens to a release of its own, of an image."""


@pytest.fixture(scope="module")
def image(cluster: Cluster) -> str:
    """The image of all releases; the definitions that they need are there as well."""
    define(Kubectl(cluster.kubeconfig))
    return operator_image(cluster)


@pytest.fixture(scope="module", autouse=True)
def stories(cluster: Cluster, image: str) -> Iterator[dict[Story, Future[None]]]:
    """The long stories, which run beside the other tests: most of each is waiting for pods."""
    with ThreadPoolExecutor() as pool:
        told = (upgraded_rolled_back_and_uninstalled, led_by_one_and_then_by_the_other)
        yield {story: pool.submit(story, cluster, image) for story in told}


@pytest.fixture(scope="module")
def release(cluster: Cluster, image: str) -> Iterator[Release]:
    """A release that is up, for all tests that leave it as it is."""
    with prepared(cluster, image) as prepared_release:
        prepared_release.install()
        yield prepared_release


def test_both_programs_become_available_where_only_restricted_pods_may_run(
    release: Release,
) -> None:
    available = {
        each["metadata"]["name"]: each["status"].get("availableReplicas")
        for each in release.get("deployments")["items"]
    }

    assert available == {f"{RELEASE}-controller": 1, f"{RELEASE}-gateway": 1}


@pytest.mark.parametrize("account", ["controller", "gateway"])
def test_an_account_may_do_what_its_program_does_and_nothing_else(
    release: Release, account: str
) -> None:
    asked = ALLOWED[account] + FORBIDDEN[account]

    answers = release.allowed(account, [_attributes(each, release.namespace) for each in asked])

    assert [each for each, yes in zip(asked, answers, strict=True) if yes] == ALLOWED[account]


@pytest.mark.parametrize("account", ["controller", "gateway"])
def test_in_other_namespaces_an_account_may_do_nothing(release: Release, account: str) -> None:
    asked = ALLOWED[account]

    for elsewhere in ("default", ""):
        answers = release.allowed(account, [_attributes(each, elsewhere) for each in asked])
        assert [each for each, yes in zip(asked, answers, strict=True) if yes] == []


def test_the_controller_may_read_the_two_definitions_and_no_other(release: Release) -> None:
    def asked(verb: str, name: str) -> dict[str, str]:
        return {**_attributes(f"{verb} customresourcedefinitions", ""), "name": name}

    questions = [
        asked("get", "taskruns.taskyard.dev"),
        asked("get", "taskservices.taskyard.dev"),
        asked("get", "others.example.org"),
        asked("list", ""),
        asked("patch", "taskruns.taskyard.dev"),
    ]

    assert release.allowed("controller", questions) == [True, True, False, False, False]
    assert not any(release.allowed("gateway", questions))


def test_what_they_may_do_is_enough_to_start_and_to_cancel_a_task(release: Release) -> None:
    release.apply(SERVICE)

    task = release.http("/services/greeter/greet/submit", {})["task_id"]
    job = f"{task}-1"
    until(lambda: job in release.kubectl("get", "jobs", "-o", "name"), "a Job of the task")
    release.http(f"/services/greeter/greet/cancel?task_id={task}", {})

    until(lambda: _phase(release, task) == "Cancelled", "the task is cancelled")
    until(lambda: job not in release.kubectl("get", "jobs", "-o", "name"), "its Job is gone")
    for program in ("controller", "gateway"):
        log = release.kubectl("logs", f"deployment/{RELEASE}-{program}")
        assert "forbidden" not in log.lower()


def test_no_secret_is_told(release: Release) -> None:
    told = [
        release.helm("get", "all", RELEASE, "--namespace", release.namespace),
        release.kubectl("get", "deployments,pods,configmaps", "-o", "yaml"),
        release.kubectl("logs", f"deployment/{RELEASE}-controller"),
        release.kubectl("logs", f"deployment/{RELEASE}-gateway"),
    ]

    assert not [text for text in told if release.cluster.object_store.secret_key in text]


def test_a_release_is_upgraded_rolled_back_and_leaves_nothing(
    stories: dict[Story, Future[None]],
) -> None:
    stories[upgraded_rolled_back_and_uninstalled].result()


def test_of_two_controllers_one_takes_over_from_the_other(
    stories: dict[Story, Future[None]],
) -> None:
    stories[led_by_one_and_then_by_the_other].result()


def upgraded_rolled_back_and_uninstalled(cluster: Cluster, image: str) -> None:
    with prepared(cluster, image) as release:
        before = release.contents()
        notes = release.install()
        assert f"kubectl port-forward --namespace {release.namespace}" in notes
        assert "kubectl get taskruns.taskyard.dev --namespace" in notes

        first = _pods(release)
        release.upgrade("gateway.maxParts=7")
        assert "maxParts: 7" in release.settings()
        assert not first & _pods(release)  # what runs has read the new settings

        release.rollback(1)
        assert "maxParts: 1000" in release.settings()
        assert release.http("/livez") == "\n"

        release.uninstall()
        until(lambda: release.contents() == before, "nothing of the release is left")
        assert before == {f"secret/{CREDENTIALS}"}
        assert _cluster_wide(release) == []
        assert {"taskruns.taskyard.dev", "taskservices.taskyard.dev"} <= _definitions(release)


def led_by_one_and_then_by_the_other(cluster: Cluster, image: str) -> None:
    with prepared(cluster, image) as release:
        release.install()
        release.upgrade("controller.replicas=2", "controller.leaderElection.enabled=true")
        until(lambda: _holder(release) != "", "one of them leads")
        first = _holder(release)

        pod = first.rpartition("_")[0]
        release.kubectl("delete", "pod", pod, "--wait=false")

        until(lambda: _holder(release) not in ("", first), "the other one leads")
        assert not _holder(release).startswith(pod)


def _holder(release: Release) -> str:
    """Who holds the controllers' Lease."""
    return release.kubectl("get", "leases", "-o", "jsonpath={.items[*].spec.holderIdentity}")


def _attributes(question: str, namespace: str) -> dict[str, str]:
    """`get pods/log` in the words of a SubjectAccessReview."""
    verb, _, what = question.partition(" ")
    resource, _, subresource = what.partition("/")
    return {
        "verb": verb,
        "group": GROUPS.get(resource, ""),
        "resource": resource,
        "subresource": subresource,
        "namespace": namespace,
    }


def _phase(release: Release, task: str) -> str | None:
    phase: str | None = release.get("taskruns.taskyard.dev", task).get("status", {}).get("phase")
    return phase


def _pods(release: Release) -> set[str]:
    """The pods that run and are not about to end."""
    return {
        item["metadata"]["name"]
        for item in release.get("pods")["items"]
        if "deletionTimestamp" not in item["metadata"]
    }


def _cluster_wide(release: Release) -> list[str]:
    names = release.kubectl("get", "clusterroles,clusterrolebindings", "-o", "name").split()
    return [name for name in names if f"{release.namespace}:" in name]


def _definitions(release: Release) -> set[str]:
    items = release.get("customresourcedefinitions")["items"]
    return {item["metadata"]["name"] for item in items}
