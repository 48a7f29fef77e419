"""A request that is repeated with its Idempotency-Key finds the task of the first one."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from taskyard_operator.core.claim import Claim, claim_key, digest_of
from tests.gateway.bodies import FORM, Part, form
from tests.gateway.place import Place
from tests.gateway.process import Gateway

from .archive import DAY, archive
from .making import CONVERT, ECHO, accepted, keyed, refused

BODY = form(Part("document", b"x" * 20_000, "x.txt"))


@pytest.fixture
def key() -> str:
    return secrets.token_hex(8)


def claim_of(place: Place, key: str, task: str = "echo") -> tuple[str, Claim]:
    """The claim of a key, and where it is."""
    where = claim_key(place.namespace, digest_of("studio", task, key))
    return where, Claim.from_json(place.stored(where))


def inputs(place: Place) -> set[str]:
    """The inputs in the store."""
    return {key for key in place.objects() if key.endswith("/input")}


def forget(place: Place, task_id: str) -> None:
    """The TaskRun is not there, as where a gateway died before it made it."""
    place.kubectl("delete", "taskruns.taskyard.dev", task_id, "-n", place.namespace)


def test_a_repeated_submit_is_answered_with_the_same_task(
    http: httpx.Client, place: Place, key: str
) -> None:
    first = accepted(http.post(ECHO, json={"value": 1}, headers=keyed(key)))
    before = place.runs()

    answer = http.post(ECHO, json={"value": 1}, headers=keyed(key))

    assert accepted(answer, 200) == first
    assert answer.json() == http.get(f"/v1/tasks/{first}").json()
    assert place.runs() == before


def test_without_a_key_each_submit_is_a_task_of_its_own(http: httpx.Client) -> None:
    assert accepted(http.post(ECHO, json={"value": 1})) != accepted(
        http.post(ECHO, json={"value": 1})
    )


def test_a_form_is_the_same_whatever_its_boundary_and_leaves_one_input(
    http: httpx.Client, place: Place, key: str
) -> None:
    headers = {"content-type": FORM, **keyed(key)}
    other = {"content-type": FORM.replace("a-boundary", "another"), **keyed(key)}
    first = accepted(http.post(CONVERT, content=BODY, headers=headers))
    before = inputs(place)

    again = BODY.replace(b"a-boundary", b"another")
    assert accepted(http.post(CONVERT, content=again, headers=other), 200) == first
    assert inputs(place) == before


@pytest.mark.parametrize(
    "other",
    [
        {"json": {"value": 2}},
        {"json": {"value": 1}, "params": {"priority": 5}},
        {"json": {"value": 1}, "params": {"label": "a=b"}},
    ],
    ids=["arguments", "priority", "label"],
)
def test_a_key_is_good_for_one_request_only(
    http: httpx.Client, place: Place, key: str, other: dict[str, object]
) -> None:
    first = accepted(http.post(ECHO, json={"value": 1}, headers=keyed(key)))
    before = place.runs()

    answer = http.post(ECHO, headers=keyed(key), **other)  # type: ignore[arg-type]

    error = refused(answer, 422, "IdempotencyMismatch")
    assert error["taskId"] == first
    assert "choose another key" in error["message"]
    assert place.runs() == before


def test_a_form_with_another_file_is_another_request(
    http: httpx.Client, place: Place, key: str
) -> None:
    headers = {"content-type": FORM, **keyed(key)}
    accepted(http.post(CONVERT, content=BODY, headers=headers))

    renamed = BODY.replace(b"x.txt", b"y.txt")
    longer = BODY.replace(b"xxxx", b"xxxxx", 1)
    before = inputs(place)
    for body in (renamed, longer):
        refused(http.post(CONVERT, content=body, headers=headers), 422, "IdempotencyMismatch")
    assert inputs(place) == before


def test_the_same_key_for_another_task_is_another_key(http: httpx.Client, key: str) -> None:
    paint = "/v1/services/studio/tasks/paint"
    first = accepted(http.post(ECHO, json={"value": 1}, headers=keyed(key)))
    assert accepted(http.post(paint, json={"prompt": "x"}, headers=keyed(key))) != first


def test_a_body_that_does_not_fit_does_not_use_the_key_up(http: httpx.Client, key: str) -> None:
    refused(http.post(ECHO, json={"valeu": 1}, headers=keyed(key)), 400, "InvalidInput")
    accepted(http.post(ECHO, json={"value": 1}, headers=keyed(key)))


@pytest.mark.parametrize("unfit", ["", "ä", "x" * 256])
def test_a_key_that_is_none_is_refused(http: httpx.Client, place: Place, unfit: str) -> None:
    before = place.runs()
    headers = {b"idempotency-key": unfit.encode()}

    error = refused(http.post(ECHO, json={"value": 1}, headers=headers), 400, "InvalidInput")

    assert error["detail"][0]["loc"] == ["Idempotency-Key"]
    assert place.runs() == before


def test_many_at_once_at_two_gateways_make_one_task_with_one_input(
    gateway: Gateway, another_gateway: Gateway, place: Place, key: str
) -> None:
    headers = {"content-type": FORM, **keyed(key)}

    def posted(number: int) -> httpx.Response:
        with (gateway, another_gateway)[number % 2].client() as http:
            return http.post(CONVERT, content=BODY, headers=headers)

    runs, stored = set(place.runs()), inputs(place)
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(posted, range(12)))

    (task_id,) = {answer.json()["id"] for answer in answers}
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [202]
    assert set(place.runs()) - runs == {task_id}
    assert inputs(place) - stored == {place.run(task_id)["spec"]["input"]["object"]["key"]}


def test_what_a_gateway_claimed_and_did_not_make_is_made_under_its_name(
    http: httpx.Client, place: Place, key: str
) -> None:
    headers = {"content-type": FORM, **keyed(key)}
    first = accepted(http.post(CONVERT, content=BODY, headers=headers))
    forget(place, first)

    assert accepted(http.post(CONVERT, content=BODY, headers=headers)) == first
    source = place.run(first)["spec"]["input"]["object"]["key"]
    assert place.stored(source) == BODY
    assert accepted(http.post(CONVERT, content=BODY, headers=headers), 200) == first
    assert place.run(first)["spec"]["input"]["object"]["key"] == source
    assert place.stored(source) == BODY


def test_a_task_that_may_have_expired_is_not_made_anew(
    http: httpx.Client, place: Place, key: str
) -> None:
    first = accepted(http.post(ECHO, json={"value": 1}, headers=keyed(key)))
    where, claim = claim_of(place, key)
    past = Claim(claim.run, claim.fingerprint, datetime.now(UTC) - timedelta(seconds=1))
    place.store(where, past.to_json())
    assert accepted(http.post(ECHO, json={"value": 1}, headers=keyed(key)), 200) == first

    forget(place, first)

    error = refused(http.post(ECHO, json={"value": 1}, headers=keyed(key)), 410, "Expired")
    assert "choose another key" in error["message"]


def test_a_deleted_task_is_not_brought_back(http: httpx.Client, place: Place, key: str) -> None:
    first = accepted(http.post(ECHO, json={"value": 1}, headers=keyed(key)))
    place.succeed(first, b"1")
    assert http.delete(f"/v1/tasks/{first}").status_code == 204

    refused(http.post(ECHO, json={"value": 1}, headers=keyed(key)), 410, "Expired")


def test_a_retry_is_repeated_safely_too(http: httpx.Client, place: Place, key: str) -> None:
    tasks = [accepted(http.post(ECHO, json={"value": 1})) for _ in range(2)]
    for task_id in tasks:
        place.fail(task_id, "TaskError")
    retry = f"/v1/tasks/{tasks[0]}/retry"
    first = accepted(http.post(retry, headers=keyed(key)))
    before = place.runs()

    assert accepted(http.post(retry, headers=keyed(key)), 200) == first
    for path, options in [(f"/v1/tasks/{tasks[1]}/retry", {}), (ECHO, {"json": {"value": 1}})]:
        answer = http.post(path, headers=keyed(key), **options)  # type: ignore[arg-type]
        refused(answer, 422, "IdempotencyMismatch")
    assert place.runs() == before


def test_a_retry_is_found_again_when_the_task_that_it_repeats_is_gone(
    http: httpx.Client, place: Place, key: str
) -> None:
    first = accepted(http.post(ECHO, json={"value": 1}))
    place.fail(first, "TaskError")
    retry = f"/v1/tasks/{first}/retry"
    again = accepted(http.post(retry, headers=keyed(key)))

    archive(place, first, kept=-DAY)
    assert accepted(http.post(retry, headers=keyed(key)), 200) == again
    refused(http.post(retry, headers=keyed(f"not-{key}")), 410, "Expired")

    place.remove(f"{place.namespace}/{first}/record")
    assert accepted(http.post(retry, headers=keyed(key)), 200) == again
    refused(http.post(retry), 404, "NotFound")
