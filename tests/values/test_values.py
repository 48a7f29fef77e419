"""Every kind of value, by our clients and by plain HTTP, goes in and comes out as what it is."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import PIL.Image
import pytest

from taskyard import AsyncHTTPClient, SyncHTTPClient
from taskyard._client._encoding import encode
from taskyard._client._schema import read_schema
from tests.gateway.bodies import FORM, Part, form
from tests.local.serving import taskyard_serve

from .values import CASES, TABLES, Case, as_given, same

SERVICES = Path(__file__).parent / "services"
PATIENCE = 120


@dataclass
class Callers:
    """One service as each kind of program calls it."""

    blocking: SyncHTTPClient
    asynchronous: AsyncHTTPClient
    http: httpx.Client
    loop: asyncio.Runner
    sent: dict[str, str] = field(default_factory=dict)
    """The run of each value."""

    def by_blocking_client(self, case: Case, given: dict[str, Any]) -> str:
        return self.blocking.endpoint(case.task).submit(**given).id

    def by_asynchronous_client(self, case: Case, given: dict[str, Any]) -> str:
        return self.loop.run(self.asynchronous.endpoint(case.task).submit(**given)).id

    def by_http(self, case: Case, given: dict[str, Any]) -> str:
        if case.is_form:
            body, kind = form(*case.sent), FORM
        else:
            body, kind = json.dumps(case.sent).encode(), "application/json"
        path, headers = f"/{case.task}/submit", {"content-type": kind}
        answer = self.http.post(path, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["task_id"])


@contextmanager
def called(url: str) -> Iterator[Callers]:
    """The callers of a service, as long as the context lasts."""
    with ExitStack() as stack:
        loop = stack.enter_context(asyncio.Runner())
        blocking = stack.enter_context(SyncHTTPClient(url))
        http = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=60))

        async def opened() -> AsyncHTTPClient:
            return await AsyncHTTPClient(url).__aenter__()

        asynchronous = loop.run(opened())
        stack.callback(lambda: loop.run(asynchronous.close()))
        yield Callers(blocking, asynchronous, http, loop)


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Callers]]:
    """By service. All values are sent before the first is asked for: they are worked at side by side."""
    data, folder = tmp_path_factory.mktemp("values") / "data", tmp_path_factory.mktemp("given")
    with (
        taskyard_serve(data, "--workers", "4", "arrays.py", module=SERVICES / "plain.py") as server,
        called(f"{server.url}/services/plain") as plain,
        called(f"{server.url}/services/arrays") as arrays,
    ):
        callers = {"plain": plain, "arrays": arrays}
        for number, case in enumerate(CASES):
            given = {name: as_given(value, folder) for name, value in case.given.items()}
            caller = callers[_service(case)]
            # Each by one of them, so that each has values of all kinds: a run costs a second.
            ways = [caller.by_blocking_client, caller.by_asynchronous_client, caller.by_http]
            caller.sent[case.what] = ways[number % 3](case, given)
        yield callers


@pytest.mark.parametrize(
    "case", [each for each in CASES if not each.is_form], ids=lambda each: each.what
)
def test_clients_send_it_as_others_do(case: Case, callers: dict[str, Callers]) -> None:
    schema = read_schema(callers[_service(case)].http.get("/schema.json").content)

    assert json.loads(b"".join(encode(schema.tasks[case.task], case.given))) == case.sent


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_it_comes_back(case: Case, callers: dict[str, Callers]) -> None:
    caller = callers[_service(case)]
    blocking = caller.blocking.endpoint(case.task)
    asynchronous = caller.asynchronous.endpoint(case.task)

    task_id = caller.sent[case.what]
    status = blocking.wait(task_id, PATIENCE)
    assert status.value == "success", status.message

    assert same(blocking.get(task_id), case.got)
    assert same(caller.loop.run(asynchronous.get(task_id)), case.got)
    answer = caller.http.get(f"/{case.task}/get", params={"task_id": task_id})
    assert answer.headers["content-type"] == case.content_type
    if case.body is None:
        assert same(PIL.Image.open(io.BytesIO(answer.content)), case.got)
    else:
        assert answer.content == case.body


def test_a_file_of_another_type_is_refused_at_once(callers: dict[str, Callers]) -> None:
    content = form(Part("value", b"hello", "hello.txt", "text/plain"))

    answer = callers["plain"].http.post(
        "/sound/submit", content=content, headers={"content-type": FORM}
    )

    assert answer.status_code == 400
    assert answer.json()["error"] == (
        "value: is of the type text/plain; give a file of the type audio/*"
    )


def _service(case: Case) -> str:
    return "arrays" if case in TABLES else "plain"
