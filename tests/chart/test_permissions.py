"""What the two ServiceAccounts may do: these tables, and nothing that is not in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .rendering import NAMESPACE, RELEASE, Manifest, Render, Rendered

pytestmark = pytest.mark.helm

Rule = tuple[str, str, str]
"""Resource, the names it is limited to, verbs."""

EVERYWHERE = "the whole cluster"

DEFINITIONS: set[Rule] = {
    (
        "customresourcedefinitions.apiextensions.k8s.io",
        "taskruns.taskyard.dev taskservices.taskyard.dev",
        "get",
    )
}
CONTROLLER: set[Rule] = {
    ("taskruns.taskyard.dev", "", "delete get list watch"),
    ("taskruns/status.taskyard.dev", "", "update"),
    ("taskruns/finalizers.taskyard.dev", "", "update"),
    ("taskservices.taskyard.dev", "", "list watch"),
    ("jobs.batch", "", "create delete get list watch"),
    ("pods.", "", "delete list watch"),
    ("pods/log.", "", "get"),
}
ELECTION: set[Rule] = {
    ("leases.coordination.k8s.io", "", "create"),
    ("leases.coordination.k8s.io", f"{RELEASE}-controller", "get patch"),
}
GATEWAY: set[Rule] = {
    ("taskservices.taskyard.dev", "", "list"),
    ("taskruns.taskyard.dev", "", "create delete get list patch watch"),
}


def test_a_controller_of_all_namespaces_has_a_cluster_role(rendered: Render) -> None:
    assert granted(rendered()) == {
        ("controller", EVERYWHERE): CONTROLLER | DEFINITIONS,
        ("gateway", NAMESPACE): GATEWAY,
    }


def test_a_controller_of_some_namespaces_has_a_role_in_each_of_them(rendered: Render) -> None:
    assert granted(rendered(controller={"namespaces": ["a", "b"]})) == {
        ("controller", EVERYWHERE): DEFINITIONS,
        ("controller", "a"): CONTROLLER,
        ("controller", "b"): CONTROLLER,
        ("gateway", NAMESPACE): GATEWAY,
    }


@pytest.mark.parametrize("namespaces", [[], ["a"]], ids=["of all namespaces", "of some"])
def test_controllers_that_elect_a_leader_have_a_lease_beside_them(
    rendered: Render, namespaces: list[str]
) -> None:
    values = {"leaderElection": {"enabled": True}, "namespaces": namespaces}

    with_election = granted(rendered(controller=values))
    without = granted(rendered(controller={"namespaces": namespaces}))

    assert with_election == {**without, ("controller", NAMESPACE): ELECTION}


def test_the_gateway_may_act_in_the_namespace_that_it_serves_only(rendered: Render) -> None:
    assert granted(rendered(gateway={"namespace": "team"}, controller={"enabled": False})) == {
        ("gateway", "team"): GATEWAY
    }


def test_releases_in_two_namespaces_share_no_name_in_the_whole_cluster(rendered: Render) -> None:
    names = {role["metadata"]["name"] for role in rendered().of("ClusterRole")}

    assert names == {
        f"{NAMESPACE}:{RELEASE}-controller",
        f"{NAMESPACE}:{RELEASE}-controller-definitions",
    }


def granted(release: Rendered) -> dict[tuple[str, str], set[Rule]]:
    """What the release grants, by who gets it and where."""
    found: dict[tuple[str, str], set[Rule]] = {}
    for scope in ("", "Cluster"):
        for binding in release.of(f"{scope}RoleBinding"):
            (subject,) = binding["subjects"]
            assert (subject["kind"], subject["namespace"]) == ("ServiceAccount", NAMESPACE)
            account = subject["name"].removeprefix(f"{RELEASE}-")
            where = EVERYWHERE if scope else binding["metadata"]["namespace"]
            found.setdefault((account, where), set()).update(_rules(_role(release, binding)))
    return found


def _role(release: Rendered, binding: Manifest) -> Manifest:
    reference = binding["roleRef"]
    namespace = binding["metadata"].get("namespace")
    (role,) = (
        role
        for role in release.of(reference["kind"])
        if role["metadata"]["name"] == reference["name"]
        and role["metadata"].get("namespace") == namespace
    )
    return role


def _rules(role: Manifest) -> Iterator[Rule]:
    for rule in role["rules"]:
        names, verbs = sorted(rule.get("resourceNames", [])), sorted(rule["verbs"])
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield f"{resource}.{group}", " ".join(names), " ".join(verbs)
