"""A controller of two namespaces, with the chart's Roles: one is taken from it, and the other is served."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.chart.rendering import RELEASE, Manifest, render
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server

from .conftest import SERVICE, Team
from .processes import Controller, Controllers, until

ACCOUNT = f"{RELEASE}-controller"
_PERMISSIONS = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")


@dataclass
class Two:
    """The teams in both namespaces, the second of which is at times refused, and their controllers."""

    kept: Team
    lost: Team
    controllers: Controllers
    binding: Manifest

    def refuse(self) -> None:
        """Take the RoleBinding of the second away."""
        self.lost.kubectl("delete", "rolebinding", ACCOUNT, "-n", self.lost.namespace)

    def permit(self) -> None:
        """Give it back."""
        self.lost.kubectl.apply(self.binding, namespace=self.lost.namespace)

    def started(self, *, resync: float = 300) -> Controller:
        """A controller of both, at work."""
        controller = self.controllers.start(resync=resync, enabled=False)
        until(controller.leads, "it works")
        return controller


@pytest.fixture
def two(
    kubectl: Kubectl,
    api_server: httpx.Client,
    object_store: S3Server,
    definitions: None,
    namespace: str,
    tmp_path: Path,
) -> Iterator[Two]:
    """Two namespaces with a service each, and who may serve them."""
    names = [f"{each}-{secrets.token_hex(3)}" for each in ("kept", "lost")]
    for name in names:
        kubectl("create", "namespace", name)
        kubectl.apply(SERVICE, namespace=name)
    values = {"controller": {"namespaces": names}, "gateway": {"enabled": False}}
    objects = render(values, tmp_path, namespace=namespace).objects
    for one in (one for one in objects if one["kind"] in _PERMISSIONS):
        kubectl.apply(one, namespace=one["metadata"].get("namespace", namespace))
    kept, lost = (Team(kubectl, api_server, name) for name in names)
    account = kubectl.account(ACCOUNT, namespace, tmp_path / "account.kubeconfig")
    controllers = Controllers(tmp_path, namespace, account, object_store, names)
    (binding,) = (one for one in objects if _is_binding_in(one, lost.namespace))
    yield Two(kept, lost, controllers, binding)
    controllers.stop()
    for name in names:
        kubectl("delete", "namespace", name, "--wait=false")
    for one in (one for one in objects if one["kind"].startswith("ClusterRole")):
        kubectl("delete", one["kind"], one["metadata"]["name"])


def _is_binding_in(one: Manifest, namespace: str) -> bool:
    return bool(one["kind"] == "RoleBinding" and one["metadata"]["namespace"] == namespace)


def test_the_other_is_served_while_one_is_refused_and_that_one_once_it_is_not(two: Two) -> None:
    controller = two.started(resync=10)
    two.lost.submit("before")
    until(lambda: two.lost.jobs() == {"before-1"}, "both are served")

    two.refuse()
    until(lambda: f"namespace {two.lost.namespace} is not served" in controller.log, "it is told")
    two.lost.submit("meanwhile")
    two.kept.submit("call")

    until(lambda: two.kept.jobs() == {"call-1"}, "the other is served")
    assert controller.leads()
    assert controller.scrape().value("taskyard_namespaces_refused") == 1
    assert two.lost.jobs() == {"before-1"}
    two.permit()
    until(lambda: two.lost.jobs() == {"before-1", "meanwhile-1"}, "both are served again")
    assert controller.log.count("is not served") == 1


def test_a_controller_starts_where_one_is_refused_and_hears_of_that_one_once_it_is_not(
    two: Two,
) -> None:
    two.refuse()
    controller = two.started()
    two.kept.submit("call")
    until(lambda: two.kept.jobs() == {"call-1"}, "the other is served")

    two.permit()
    until(lambda: "is served again" in controller.log, "it is found again")
    two.lost.submit("waits", service="later")
    two.lost.kubectl.apply(SERVICE | {"metadata": {"name": "later"}}, namespace=two.lost.namespace)

    # All is not listed anew for minutes: the watches have to tell of both.
    until(lambda: two.lost.jobs() == {"waits-1"}, "what comes there is heard of")
    assert controller.process.poll() is None
