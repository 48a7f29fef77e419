"""An object that is kept up to date with a stream: soon, within a bound of traffic, and in order."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from taskyard_runtime.upkeep import Pace, Upkeep


class Store(ThreadingHTTPServer):
    """Takes whatever is sent, and remembers it; answers after `delay` seconds, with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[bytes] = []
        self.delay = 0.0
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/stream"


class _Taking(BaseHTTPRequestHandler):
    server: Store

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.delay)
        self.server.taken.append(body)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class Stream:
    """Bytes that become more, kept by an Upkeep."""

    def __init__(self, store: Store, pace: Pace) -> None:
        self.body = b""
        self.said: list[str] = []
        self.upkeep = Upkeep(
            "the stream", store.url, "text/plain", lambda: self.body, pace, self.said.append
        )

    def grow(self, data: bytes) -> None:
        self.body += data
        self.upkeep.changed()


@pytest.fixture
def store() -> Iterator[Store]:
    with Store() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_uploads_stay_below_the_rate(store: Store) -> None:
    stream = Stream(store, Pace(delay=0, interval=0.01, rate=100_000))
    started = time.monotonic()
    while time.monotonic() - started < 1.5:
        stream.grow(b"x" * 100)
        time.sleep(0.01)
    assert stream.upkeep.finish(5) == ""
    took = time.monotonic() - started

    assert store.taken[-1] == stream.body
    assert len(store.taken) > 5, "and it is stored on the way"
    # What is under way when the time is up, and what is stored at the end, comes on top.
    assert sum(map(len, store.taken)) <= 100_000 * took + 2 * len(stream.body)


def test_what_comes_together_goes_together(store: Store) -> None:
    stream = Stream(store, Pace(delay=0.3, interval=0.3, rate=1e9))
    for _ in range(20):
        stream.grow(b"x")
    stream.upkeep.finish(5)

    assert store.taken == [b"x" * 20]


def test_the_last_state_is_stored_after_an_upload_that_is_under_way(store: Store) -> None:
    stream = Stream(store, Pace(delay=0, interval=0, rate=1e9))
    store.delay = 0.3
    stream.grow(b"first")
    time.sleep(0.1)
    stream.grow(b", last")
    stream.upkeep.finish(5)

    assert store.taken == [b"first", b"first, last"]


def test_a_stream_that_is_stored_already_is_not_stored_again(store: Store) -> None:
    stream = Stream(store, Pace(delay=0, interval=0, rate=1e9))
    stream.grow(b"all")
    _until(lambda: store.taken == [b"all"])
    stream.upkeep.finish(5)

    assert store.taken == [b"all"]


def test_a_store_that_refuses_is_told_of_once_and_asked_again(store: Store) -> None:
    stream = Stream(store, Pace(delay=0, interval=0.01, rate=1e9))
    store.status = 403
    stream.grow(b"all")
    _until(lambda: len(store.taken) > 2)
    store.status = 200

    assert stream.upkeep.finish(5) == ""
    [said] = stream.said
    assert said.startswith("the stream cannot be stored: object storage at 127.0.0.1:")
    assert said.endswith(" answered 403 Forbidden")


def test_what_could_not_be_stored_in_the_end_is_said(store: Store) -> None:
    stream = Stream(store, Pace(delay=10, interval=0, rate=1e9))
    store.status = 403
    stream.grow(b"all")

    assert "answered 403 Forbidden" in stream.upkeep.finish(5)
    assert stream.said == []


def test_nothing_is_stored_of_nothing(store: Store) -> None:
    stream = Stream(store, Pace(delay=0, interval=0, rate=1))

    assert stream.upkeep.finish(5) == ""
    assert store.taken == []


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "never came"
        time.sleep(0.01)
