"""A task of BentoML whose only parameter is positional-only takes its value as the whole body."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import PIL.Image
import pytest
import yaml

from taskyard import SyncHTTPClient
from tests.compatibility.manifests import write_manifest

from .bodies import picture
from .conftest import NewPlace, StartGateway, submitted
from .place import Place

SERVICES = Path(__file__).parents[1] / "runtime" / "services"
PNG = picture("PNG")


@pytest.fixture(scope="module")
def studio(new_place: NewPlace) -> Iterator[Place]:
    """A namespace with the studio of BentoML, as `taskyard manifest` writes it."""
    with new_place(yaml.safe_load(write_manifest(SERVICES, "bento_studio:Studio").stdout)) as place:
        yield place


@pytest.fixture(scope="module")
def root(studio: Place, start_gateway: StartGateway) -> Iterator[httpx.Client]:
    """A client of its gateway."""
    limits = {"maxPictureBytes": 10_000, "maxJsonBytes": 1000}
    with start_gateway(studio, **limits) as gateway, gateway.client() as http:
        yield http


@pytest.mark.parametrize(
    ("task", "body", "content_type"),
    [
        pytest.param("root_text", "Grüße".encode(), "text/plain", id="text"),
        pytest.param("root_text", b'{"no": "JSON"', "application/json", id="text of any type"),
        pytest.param("root_numbers", b"[1, 2]", "application/json", id="JSON"),
        pytest.param("root_picture", PNG, "image/png", id="a picture"),
        pytest.param("root_file", b"\xff" * 5000, "application/pdf", id="a file"),
    ],
)
def test_the_body_is_kept_as_it_is(
    root: httpx.Client, studio: Place, task: str, body: bytes, content_type: str
) -> None:
    answer = root.post(f"/{task}/submit", content=body, headers={"content-type": content_type})

    task_id = submitted(answer)
    key = f"{studio.namespace}/{task_id}/input"
    assert studio.stored(key) == body
    assert studio.run(task_id)["spec"]["input"]["object"] == {
        "key": key,
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "contentType": content_type,
    }


@pytest.mark.parametrize(
    ("task", "body", "content_type", "status", "said"),
    [
        ("root_text", b"\xff", "text/plain", 400, "the text is not UTF-8, at byte 0"),
        ("root_text", b"x" * 1001, "text/plain", 413, "more than 1000 bytes"),
        ("root_numbers", b"[1, ", "application/json", 400, "not valid JSON"),
        ("root_numbers", b'[1, "two"]', "application/json", 400, "1: must be of type integer"),
        ("root_numbers", b"", "application/json", 400, "must be of type array"),
        ("root_picture", b"no picture", "image/png", 400, "not a picture in a format"),
        ("root_picture", PNG * 100, "image/png", 413, "setting maxPictureBytes"),
        ("root_file", b"x", "multipart/form-data; boundary=x", 415, "which is the whole body"),
        ("root_file", b"x", "application/vnd.bentoml+pickle", 415, "which is the whole body"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_of_it_stays(
    root: httpx.Client,
    studio: Place,
    task: str,
    body: bytes,
    content_type: str,
    status: int,
    said: str,
) -> None:
    before = studio.left()

    answer = root.post(f"/{task}/submit", content=body, headers={"content-type": content_type})

    assert answer.status_code == status
    assert said in answer.text
    assert studio.left() == before


def test_a_key_stands_for_one_value(root: httpx.Client) -> None:
    url = "/v1/services/studio/tasks/root_text"
    headers = {"content-type": "text/plain", "idempotency-key": "of this test"}
    answers = [
        root.post(url, content=text, headers=headers) for text in ("hello", "hello", "goodbye")
    ]

    assert [answer.status_code for answer in answers] == [202, 200, 422]


def test_our_client_sends_it(root: httpx.Client, studio: Place, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"\xff\xfe")
    with SyncHTTPClient(str(root.base_url)) as client:
        tasks = [
            client.root_text.submit("42 Grüße"),
            client.root_numbers.submit([1, 2]),
            client.root_file.submit(path),
            client.root_picture.submit(PIL.Image.new("RGB", (3, 5))),
        ]

    stored = [studio.stored(f"{studio.namespace}/{task.id}/input") for task in tasks]
    assert stored[:3] == ["42 Grüße".encode(), b"[1,2]", b"\xff\xfe"]
    assert PIL.Image.open(BytesIO(stored[3])).size == (3, 5)


def test_its_schema_says_so_to_clients(root: httpx.Client) -> None:
    routes = {route["name"]: route for route in root.get("/schema.json").json()["routes"]}

    assert routes["root_text"]["input"] == {"type": "string", "root_input": True}
