"""What callers are told when something behind the gateway is away, and what they are never told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from .bodies import FORM, Part, form
from .conftest import NewPlace, StartGateway, submitted
from .place import Place
from .process import Gateway
from .studio import Studio, manifest
from .waiting import soon

DOCUMENT: dict[str, Any] = {
    "content": form(Part("document", b"x" * 20_000, "x.txt")),
    "headers": {"content-type": FORM},
}
SECRETS = re.compile(r"(?i)x-amz-(signature|credential|security-token)|signature=|authorization")

ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "gateway"}}
QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/readyz", {}),
    ("GET", "/schema.json", {}),
    ("GET", "/services/studio/schema.json", {}),
    ("POST", "/paint/submit", {"json": {"prompt": "x"}}),
    ("POST", "/convert/submit", DOCUMENT),
    ("GET", "/paint/status?task_id=x", {}),
    ("GET", "/paint/get?task_id=x", {}),
    ("POST", "/paint/retry?task_id=x", {}),
    ("PUT", "/paint/cancel?task_id=x", {}),
]


@pytest.mark.parametrize(("method", "path", "options"), QUESTIONS, ids=[q[1] for q in QUESTIONS])
def test_without_an_api_server_everything_is_to_be_asked_again_later(
    without_api_server: Gateway, method: str, path: str, options: dict[str, Any]
) -> None:
    with without_api_server.client() as http:
        answer = http.request(method, path, **options)

    _is_unavailable(answer, "the API server ")


def test_a_gateway_that_may_not_is_to_be_asked_again_later_and_serves_once_it_may(
    new_place: NewPlace, start_gateway: StartGateway, tmp_path: Path
) -> None:
    with new_place(manifest(Studio, "studio"), ACCOUNT) as place:
        account = place.kubectl.account("gateway", place.namespace, tmp_path / "config")
        with start_gateway(place, kubeconfig=account) as gateway, gateway.client() as http:
            for method, path, options in QUESTIONS:
                _is_unavailable(http.request(method, path, **options), "forbidden: User")
            assert place.left() == []

            place.kubectl(
                "create", "rolebinding", "gateway", "-n", place.namespace,
                "--clusterrole=cluster-admin", f"--serviceaccount={place.namespace}:gateway",
            )  # fmt: skip
            soon(lambda: http.get("/readyz").status_code == 200)
            submitted(http.post("/paint/submit", json={"prompt": "x"}))
            assert "Traceback" not in gateway.log()


def test_without_an_api_server_the_process_lives(without_api_server: Gateway) -> None:
    with without_api_server.client() as http:
        assert [http.get(path).status_code for path in ("/livez", "/healthz")] == [200, 200]
    assert "Traceback" not in without_api_server.log()


@pytest.mark.parametrize(
    "options",
    [DOCUMENT, {"content": b'{"value": 1.0}'}, {"content": b'{"value": "' + b"x" * 9000 + b'"}'}],
    ids=["a form", "numbers to keep", "large JSON"],
)
def test_without_a_store_what_would_be_kept_there_is_not_taken(
    without_store: Gateway, here: Place, options: dict[str, Any]
) -> None:
    task = "convert" if options is DOCUMENT else "echo"
    with without_store.client() as http:
        answer = http.post(f"/{task}/submit", **options)

    _is_unavailable(answer, "the object store gave no answer")
    assert here.left() == []
    assert "Traceback" not in without_store.log()


def test_without_a_store_an_unfit_form_is_still_told_what_is_wrong_with_it(
    without_store: Gateway,
) -> None:
    with without_store.client() as http:
        answer = http.post("/convert/submit", content=form(), headers={"content-type": FORM})
    assert answer.status_code == 400
    assert "document: field required" in answer.json()["error"]


def test_without_a_store_small_inputs_are_taken_and_statuses_told(
    new_place: NewPlace, start_gateway: StartGateway, closed_port: int
) -> None:
    storage = {"endpoint": f"http://127.0.0.1:{closed_port}"}
    with (
        new_place(manifest(Studio, "studio")) as place,
        start_gateway(place, storage=storage) as gateway,
        gateway.client() as http,
    ):
        task_id = submitted(http.post("/echo/submit", json={"value": 1}))
        place.write_status(task_id, phase="Running", attempt=1)
        status = http.get("/echo/status", params={"task_id": task_id}).json()
        assert (status["status"], status["progress"]) == ("in_progress", None)

        place.succeed(task_id, b"1")
        _is_unavailable(
            http.get("/echo/get", params={"task_id": task_id}), "the object store gave no answer"
        )


def test_a_run_that_a_quota_has_no_room_for_is_to_be_submitted_later_and_leaves_nothing(
    new_place: NewPlace, start_gateway: StartGateway
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-runs"},
        "spec": {"hard": {"count/taskruns.taskyard.dev": "0"}},
    }
    with (
        new_place(manifest(Studio, "studio"), quota) as place,
        start_gateway(place) as gateway,
        gateway.client() as http,
    ):
        place.kubectl(
            "wait", "--for=jsonpath={.status.hard}", "resourcequota/no-runs",
            "-n", place.namespace, "--timeout=60s",
        )  # fmt: skip
        for task, options in [("convert", DOCUMENT), ("echo", {"json": {"value": 1}})]:
            answer = until_counted(http, f"/{task}/submit", **options)
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["reason"] == "OverQuota"
            assert "exceeded quota: no-runs" in answer.json()["error"]
        assert place.left() == []


@pytest.mark.parametrize(
    "wrong",
    [{"AWS_SECRET_ACCESS_KEY": "not-the-secret"}, {"AWS_ACCESS_KEY_ID": "nobody"}],
    ids=["secret", "name"],
)
def test_a_store_that_does_not_know_the_gateway_is_no_fault_of_the_caller(
    here: Place, start_gateway: StartGateway, wrong: dict[str, str]
) -> None:
    with start_gateway(here, environment=wrong) as gateway, gateway.client() as http:
        _is_unavailable(http.post("/convert/submit", **DOCUMENT), "the object store gave no answer")
        assert here.left() == []
        _tells_no_secret(gateway.log(), here)


def test_a_gateway_that_finds_no_cluster_says_so_and_ends(
    here: Place, start_gateway: StartGateway, tmp_path: Path
) -> None:
    missing = start_gateway(here, kubeconfig=tmp_path / "nowhere")
    with pytest.raises(AssertionError, match="no cluster to talk to"), missing:
        pass
    assert "Traceback" not in missing.log()


def test_secrets_are_in_no_answer_and_no_log(
    gateway: Gateway,
    http: httpx.Client,
    place: Place,
    without_store: Gateway,
    without_api_server: Gateway,
) -> None:
    answers = [http.post("/convert/submit", **DOCUMENT)]
    task_id = submitted(answers[0])
    place.write_status(task_id, phase="Running", attempt=1)
    answers.append(http.get("/convert/status", params={"task_id": task_id}))
    place.succeed(task_id, b"x", "text/plain", fileName="x.txt")
    answers += [
        http.get("/convert/get", params={"task_id": task_id}),
        http.post("/convert/retry", params={"task_id": task_id}),
        http.get("/schema.json"),
        http.post("/convert/submit", content=b"oops", headers={"content-type": FORM}),
        http.get("/readyz", headers={"authorization": "Bearer a-token-of-a-caller"}),
    ]
    for broken in (without_store, without_api_server):
        with broken.client() as client:
            answers.append(client.post("/convert/submit", **DOCUMENT))

    for answer in answers:
        _tells_no_secret(f"{dict(answer.headers)} {answer.text}", place)
    for each in (gateway, without_store, without_api_server):
        _tells_no_secret(each.log(), place)
        assert "a-token-of-a-caller" not in each.log()


def until_counted(http: httpx.Client, path: str, **options: Any) -> httpx.Response:
    """The answer to a submit once the API server has counted what a new quota is of."""
    answers: list[httpx.Response] = []

    def counted() -> bool:
        answers.append(http.post(path, **options))
        return answers[-1].status_code != 503

    soon(counted, seconds=60)
    return answers[-1]


def _is_unavailable(answer: httpx.Response, told: str) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    body = answer.json()
    assert body["reason"] == "Unavailable"
    assert told in body["error"]
    assert "127.0.0.1" not in body["error"]


def _tells_no_secret(text: str, place: Place) -> None:
    config = json.loads(place.kubectl.kubeconfig.read_text())
    for secret in (
        place.server.access_key,
        place.server.secret_key,
        config["users"][0]["user"]["token"],
    ):
        assert secret not in text
    assert not SECRETS.search(text)
