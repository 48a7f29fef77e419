"""What the gateway tells of runs that ended in rarer ways, as BentoML's clients understand it.

No task runs here: the tests write what the controller would.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from PIL import Image

from tests.gateway.conftest import NewPlace, StartGateway
from tests.gateway.place import Place
from tests.gateway.process import Gateway

from .conftest import Drivers, gallery
from .driver import Client, Raised
from .environments import LAST_WITH_SYNC_SUBMIT, NEWEST


@pytest.fixture(scope="module")
def idle(new_place: NewPlace) -> Iterator[Place]:
    """A namespace with the gallery, in which nothing happens by itself."""
    with new_place(gallery("gallery")) as place:
        yield place


@pytest.fixture(scope="module")
def gateway(idle: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    """Its gateway, which does not wait for long."""
    with start_gateway(idle, callSeconds=0.3) as gateway:
        yield gateway


@pytest.fixture(params=[(NEWEST, "async"), (LAST_WITH_SYNC_SUBMIT, "sync")], ids="-".join)
def client(request: pytest.FixtureRequest, gateway: Gateway, drivers: Drivers) -> Client:
    """One of BentoML's clients."""
    version, kind = request.param
    return Client(drivers(version), kind, f"{gateway.url}/services/gallery")


def test_a_status_code_that_the_task_has_chosen_is_a_result_all_the_same(
    client: Client, idle: Place
) -> None:
    task_id = client.submit("greet", "Ann")
    idle.succeed(task_id, b"partly", "text/plain; charset=utf-8", statusCode=207)

    assert client.about("get", "greet", task_id) == "partly"


def test_an_error_code_that_the_task_has_chosen_is_raised(client: Client, idle: Place) -> None:
    task_id = client.submit("greet", "Ann")
    for code, error in [
        (400, "InvalidArgument"),
        (404, "NotFound"),
        (418, "BentoMLException"),
        (422, "UnprocessableEntity"),
        (503, "ServiceUnavailable"),
    ]:
        idle.succeed(task_id, b"no", "text/plain; charset=utf-8", statusCode=code)
        raised = client.about("get", "greet", task_id)
        assert (raised.error, raised.code) == (error, code)


def test_a_redirect_that_the_task_has_chosen_is_followed(
    client: Client, idle: Place, gateway: Gateway
) -> None:
    there, here = client.submit("greet", "Ann"), client.submit("greet", "Ann")
    idle.succeed(there, b"from there", "text/plain; charset=utf-8")
    url = f"{gateway.url}/services/gallery/greet/get?task_id={there}"
    idle.succeed(here, b"", statusCode=307, headers=[{"name": "location", "value": url}])

    assert client.about("get", "greet", here) == "from there"


def test_a_cookie_of_a_task_goes_with_the_client_and_its_token_to_no_other_place(
    client: Client, idle: Place
) -> None:
    with somewhere_else(b"from elsewhere") as (url, heard):
        baked, sent_on = client.submit("greet", "Ann"), client.submit("greet", "Ann")
        cookie = {"name": "set-cookie", "value": "seen=yes; Path=/"}
        idle.succeed(baked, b"baked", "text/plain; charset=utf-8", headers=[cookie])
        location = {"name": "location", "value": url}
        idle.succeed(sent_on, b"", statusCode=302, headers=[location])
        told = {"options": {"token": "secret"}}

        assert client.do("get", "greet", id=baked, **told) == "baked"
        assert client.do("get", "greet", id=sent_on, **told) == "from elsewhere"

    assert heard["cookie"] == "seen=yes"
    assert "authorization" not in heard


@contextmanager
def somewhere_else(answer: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Another server of this machine: its URL, and the headers of the last request to it."""
    heard: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.update({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("content-type", "text/plain; charset=utf-8")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", heard
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["a.csv", "Maße, ü.csv", 'a"b.csv', "../../a.csv", "a\\b.csv"])
def test_a_file_keeps_what_its_name_ends_in(client: Client, idle: Place, name: str) -> None:
    task_id = client.submit("export", "x")
    idle.succeed(task_id, b"a,b", "text/csv", fileName=name)

    assert client.about("get", "export", task_id) == {"$path": [".csv", "a,b"]}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_known_by_its_content_type(client: Client, idle: Place, kind: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 4), "red").save(buffer, kind)
    task_id = client.submit("paint", 6)
    idle.succeed(task_id, buffer.getvalue(), f"image/{kind.lower()}")

    form, _, *size = client.about("get", "paint", task_id)["$picture"]
    assert (form, size) == (kind, [6, 4])


@pytest.mark.parametrize(
    ("reason", "error", "code"),
    [
        ("InvalidInput", "InvalidArgument", 400),
        ("OutOfMemory", "BentoMLException", 500),
        ("RunDeadlineExceeded", "BentoMLException", 500),
        ("Disrupted", "BentoMLException", 500),
    ],
)
def test_a_failed_run_is_raised_with_its_sentence(
    client: Client, idle: Place, reason: str, error: str, code: int
) -> None:
    task_id = client.submit("greet", "Ann")
    idle.fail(task_id, reason, f"the sentence of {reason}")

    raised = client.about("get", "greet", task_id)

    assert (raised.error, raised.code) == (error, code)
    assert f"the sentence of {reason}" in raised.message


def test_a_result_that_has_expired_is_not_found(client: Client, idle: Place) -> None:
    task_id = client.submit("add", 1)
    idle.succeed(task_id, b"3")
    idle.remove(f"{idle.namespace}/{task_id}/1/result")

    raised = client.about("get", "add", task_id)

    assert (raised.error, raised.code) == ("NotFound", 404)
    assert "has expired" in raised.message


def test_a_direct_call_that_takes_too_long_tells_the_id(client: Client, idle: Place) -> None:
    before = set(idle.runs())

    raised = client.call("add", 1)

    assert isinstance(raised, Raised)
    assert (raised.error, raised.code) == ("BentoMLException", 504)
    (task_id,) = set(idle.runs()) - before
    assert task_id in raised.message
    idle.succeed(task_id, b"3")
    assert client.about("get", "add", task_id) == 3
