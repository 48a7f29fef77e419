"""A value that makes no sense stops Helm before anything is installed, and the message says where it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.commands import ClusterError
from tests.cluster.helm import Helm

from .files import CHART
from .rendering import KUBERNETES, URL, Render

pytestmark = pytest.mark.helm


def test_the_chart_has_no_fault_that_lint_knows() -> None:
    said = Helm(None).lint(CHART, "--strict", KUBERNETES, "--set", f"storage.url={URL}")

    assert "0 chart(s) failed" in said


def test_without_a_place_for_data_nothing_is_installed() -> None:
    with pytest.raises(ClusterError, match="at '/storage/url'"):
        Helm(None).template("taskyard", CHART, KUBERNETES)


def test_an_older_kubernetes_is_refused() -> None:
    with pytest.raises(ClusterError, match="requires kubeVersion"):
        Helm(None).template(
            "taskyard", CHART, "--kube-version=1.30.9", "--set", f"storage.url={URL}"
        )


@pytest.mark.parametrize(
    ("path", "values"),
    [
        pytest.param("", {"contoller": {}}, id="an unknown word at the top"),
        pytest.param(
            "/controller", {"controller": {"worker": 3}}, id="an unknown word in a section"
        ),
        pytest.param(
            "/controller/replicas", {"controller": {"replicas": "2"}}, id="replicas as text"
        ),
        pytest.param(
            "/controller/leaderElection",
            {"controller": {"leaderElection": {"leaseName": "a"}}},
            id="a name for the Lease",
        ),
        pytest.param("/controller/workers", {"controller": {"workers": 0}}, id="no workers"),
        pytest.param(
            "/controller/workers", {"controller": {"workers": "9"}}, id="a number as text"
        ),
        pytest.param("/controller/namespaces", {"controller": {"namespaces": "a,b"}}, id="no list"),
        pytest.param(
            "/controller/namespaces/1",
            {"controller": {"namespaces": ["a", "b-*"]}},
            id="a pattern of namespaces",
        ),
        pytest.param(
            "/controller/namespaces",
            {"controller": {"namespaces": ["a", "a"]}},
            id="a namespace twice",
        ),
        pytest.param(
            "/controller/resources",
            {"controller": {"resources": {"limit": {}}}},
            id="an unknown word in the resources",
        ),
        pytest.param(
            "/controller/resources/limits/memory",
            {"controller": {"resources": {"limits": {"memory": "1 GB"}}}},
            id="no quantity",
        ),
        pytest.param(
            "/controller/tolerations/0",
            {"controller": {"tolerations": [{"name": "gpu"}]}},
            id="an unknown word in a toleration",
        ),
        pytest.param(
            "/controller/affinity",
            {"controller": {"affinity": {"antiAffinity": {}}}},
            id="an unknown kind of affinity",
        ),
        pytest.param("/gateway/replicas", {"gateway": {"replicas": -1}}, id="less than no gateway"),
        pytest.param(
            "/gateway/namespace", {"gateway": {"namespace": "Team_A"}}, id="no name of a namespace"
        ),
        pytest.param(
            "/gateway/maxInputBytes", {"gateway": {"maxInputBytes": "5Gi"}}, id="bytes with a unit"
        ),
        pytest.param(
            "/gateway/service/type", {"gateway": {"service": {"type": "Ingress"}}}, id="no Service"
        ),
        pytest.param(
            "/gateway/terminationGracePeriodSeconds",
            {"gateway": {"terminationGracePeriodSeconds": 10}},
            id="too little time for the requests in flight",
        ),
        pytest.param(
            "/gateway/extraEnv/0", {"gateway": {"extraEnv": [{"value": "1"}]}}, id="no name"
        ),
        pytest.param("/gateway/podLabels/a", {"gateway": {"podLabels": {"a": 1}}}, id="no text"),
        pytest.param("/storage/url", {"storage": {"url": "tasks"}}, id="no URL"),
        pytest.param(
            "/storage/url", {"storage": {"url": "s3://key:secret@tasks"}}, id="a secret in the URL"
        ),
        pytest.param(
            "/storage/endpoint",
            {"storage": {"endpoint": "https://key:secret@s3.example.org"}},
            id="a secret in the endpoint",
        ),
        pytest.param("/storage", {"storage": {"secretAccessKey": "k"}}, id="a secret as a value"),
        pytest.param(
            "/storage/urlSeconds", {"storage": {"urlSeconds": 604801}}, id="longer than S3 allows"
        ),
        pytest.param(
            "/retention/deletionsPerSecond",
            {"retention": {"deletionsPerSecond": 0}},
            id="nothing would ever be deleted",
        ),
        pytest.param(
            "/webhooks", {"webhooks": {"key": "whsec_c2VjcmV0"}}, id="a signing key as a value"
        ),
        pytest.param(
            "/webhooks/allowedNetworks/0",
            {"webhooks": {"allowedNetworks": ["hooks.svc"]}},
            id="a name among the networks",
        ),
        pytest.param(
            "/metrics/port", {"metrics": {"port": 3000}}, id="metrics on the port of the gateway"
        ),
        pytest.param(
            "/metrics/podMonitor/interval",
            {"metrics": {"podMonitor": {"interval": 30}}},
            id="an interval without a unit",
        ),
        pytest.param(
            "/controller/liveness/listingSeconds",
            {"controller": {"liveness": {"listingSeconds": 60}}},
            id="a new start whenever the API server is away",
        ),
        pytest.param("/image/digest", {"image": {"digest": "sha256:0"}}, id="no digest"),
        pytest.param("/image/tag", {"image": {"tag": "a/b"}}, id="no tag"),
        pytest.param("/imagePullSecrets/0", {"imagePullSecrets": ["registry"]}, id="only a name"),
        pytest.param("/logLevel", {"logLevel": "debug"}, id="no log level"),
        pytest.param("/runAsUser", {"runAsUser": 0}, id="root"),
        pytest.param("/crds/keep", {"crds": {"keep": "yes"}}, id="no truth"),
    ],
)
def test_a_bad_value_is_named(rendered: Render, path: str, values: dict[str, Any]) -> None:
    with pytest.raises(ClusterError, match=f"at '{path}'"):
        rendered(**values)


@pytest.mark.parametrize(
    ("controller", "said"),
    [
        pytest.param(
            {"replicas": 2},
            "controller.replicas is 2, but only one may work: "
            "set controller.leaderElection.enabled=true",
            id="a second controller, and nothing says which works",
        ),
        pytest.param(
            {"leaderElection": {"leaseSeconds": 14}},
            "controller.leaderElection.leaseSeconds must be at least three times renewSeconds",
            id="no time for a second try to renew",
        ),
    ],
)
def test_values_that_do_not_fit_each_other_are_refused(
    rendered: Render, controller: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClusterError, match=said):
        rendered(controller=controller)


def test_a_pod_monitor_without_metrics_is_refused(rendered: Render) -> None:
    with pytest.raises(ClusterError, match=r"metrics\.podMonitor\.enabled needs a metrics\.port"):
        rendered(metrics={"port": 0, "podMonitor": {"enabled": True}})


def test_a_chart_can_have_this_one_as_a_dependency(rendered: Render) -> None:
    assert rendered(enabled=True, **{"global": {"registry": "example.org"}}).objects
