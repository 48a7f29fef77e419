"""BentoML's own clients, unmodified and of three versions, against our gateway."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from tests.gateway.process import Gateway

from .conftest import Drivers
from .driver import Client, Raised
from .environments import LAST_WITH_SYNC_SUBMIT, NEWEST, VERSIONS, WITH_OLD_WORDS

AT_ROOT, BELOW_NAME = "", "/services/annex"

PAIRS = [
    (NEWEST, "sync", AT_ROOT),
    (NEWEST, "async", BELOW_NAME),
    (LAST_WITH_SYNC_SUBMIT, "sync", BELOW_NAME),
    (WITH_OLD_WORDS, "async", AT_ROOT),
]
"""Each version, each client and each place with each of the others' values at least once."""


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0]}-{pair[1]}{pair[2].replace('/', '-')}")
def client(request: pytest.FixtureRequest, gateway: Gateway, drivers: Drivers) -> Client:
    """One of BentoML's clients."""
    version, kind, path = request.param
    return Client(drivers(version), kind, gateway.url + path)


@pytest.fixture(params=VERSIONS)
def any_version(request: pytest.FixtureRequest, gateway: Gateway, drivers: Drivers) -> Client:
    """The asynchronous client of each version, below the service's name."""
    return Client(drivers(request.param), "async", gateway.url + BELOW_NAME)


def test_it_finds_all_tasks(client: Client) -> None:
    assert client.do("endpoints") == [
        "add", "choose", "count", "export", "fail", "greet", "grey", "hold", "measure", "nothing",
        "order", "paint", "raw", "scale", "sort", "tell", "when", "wrong",
    ]  # fmt: skip


def test_values_of_every_kind_go_in_and_come_out(client: Client, tmp_path: Path) -> None:
    document, picture = tmp_path / "Brief.txt", tmp_path / "hill.png"
    document.write_text("hello")
    PIL.Image.new("RGB", (5, 3), "blue").save(picture)
    moment = "2026-11-25T01:02:03"
    cases: list[tuple[Mapping[str, Any], Any]] = [
        (_call("add", 40), 42),
        (_call("add", a=1, b=-1), 0),
        (_call("choose", "ink"), {"style": "ink", "size": None}),
        (_call("choose", style="oil", size=3), {"style": "oil", "size": 3}),
        (_call("greet", "Ann"), "Grüße, Ann!"),
        (_call("nothing"), None),
        (_call("order", {"title": "hill", "copies": 2}), {"title": "hill", "total": 3.0}),
        (_call("raw", "ÿ\x00a"), {"$bytes": "ÿ\x00a"}),
        (_call("tell", about="hills"), "About hills."),
        (_call("when", moment, "6f9619ff-8b86-4011-b42d-00c04fc964ff"), {"year": 2026, "version": 4}),
        (_call("scale", {"$array": [[1.0, 2.5], [3.0, 4.0]]}), {"$array": [[2.0, 5.0], [6.0, 8.0]]}),
        (_call("sort", {"$frame": [{"a": 2, "b": "y"}, {"a": 1, "b": "x"}]}),
         {"$frame": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}),
        (_call("paint", 64), {"$picture": ["PNG", "RGB", 64, 4]}),
        (_call("grey", {"$picture": str(picture)}), {"$picture": ["PNG", "L", 5, 3]}),
        (_call("grey", {"$path": str(picture)}), {"$picture": ["PNG", "L", 5, 3]}),
        (_call("count", [{"$path": str(picture)}, {"$path": str(picture)}], scale=2), [30.0, 30.0]),
        (_call("measure", {"$path": str(document)}, note="n"),
         {"size": 5, "suffix": ".txt", "note": "n"}),
        (_call("measure", str(document)), {"size": 5, "suffix": ".txt", "note": ""}),
        (_call("export", "a,b\n"), {"$path": [".csv", "a,b\n"]}),
    ]  # fmt: skip

    results = client.all_results([call for call, _ in cases])

    assert results == [wanted for _, wanted in cases]


def test_a_direct_call_gives_the_result(client: Client, tmp_path: Path) -> None:
    document = tmp_path / "Brief.txt"
    document.write_text("hello")

    assert client.call("add", 40) == 42
    assert client.call("tell", about="hills") == "About hills."
    assert client.call("paint", 64) == {"$picture": ["PNG", "RGB", 64, 4]}
    assert client.call("measure", {"$path": str(document)})["size"] == 5


def test_a_direct_call_that_fails_raises_what_it_raises_for_a_server_of_bentoml(
    client: Client,
) -> None:
    failed = client.call("fail", "no such model")
    assert (failed.error, failed.code) == ("BentoMLException", 500)
    assert "ValueError: no such model" in failed.message

    refused = client.call("add", "many")
    assert (refused.error, refused.code) == ("InvalidArgument", 400)
    assert "a: must be of type integer" in refused.message


def test_a_task_is_cancelled_and_tells_so_in_the_words_of_the_version(any_version: Client) -> None:
    old = any_version.driver.version == WITH_OLD_WORDS
    task_id = any_version.submit("hold", 300)

    early = any_version.about("get", "hold", task_id)
    assert (early.error, early.code) == ("InvalidArgument", 400)
    assert f"task {task_id} is not completed yet" in early.message
    assert any_version.about("retry", "hold", task_id).error == "InvalidArgument"
    first = any_version.about("get_status", "hold", task_id)
    assert first in (("in_progress",) if old else ("pending", "in_progress"))

    assert any_version.about("cancel", "hold", task_id) is None
    assert _end(any_version, "hold", task_id) == ("cancelled" if old else "canceled")
    gone = any_version.about("get", "hold", task_id)
    assert (gone.error, gone.code) == ("BentoMLException", 409)
    assert any_version.about("cancel", "hold", task_id) is None


def test_a_failed_task_tells_why_and_is_retried_as_another(any_version: Client) -> None:
    old = any_version.driver.version == WITH_OLD_WORDS
    task_id = any_version.submit("fail", message="no such model")

    assert _end(any_version, "fail", task_id) == ("failure" if old else "failed")
    failed = any_version.about("get", "fail", task_id)
    assert (failed.error, failed.code) == ("BentoMLException", 500)
    assert "ValueError: no such model" in failed.message

    again = any_version.about("retry", "fail", task_id)
    assert again != task_id
    assert _end(any_version, "fail", again) == ("failure" if old else "failed")


def test_a_task_that_went_well_says_so_in_the_words_of_the_version(any_version: Client) -> None:
    old = any_version.driver.version == WITH_OLD_WORDS

    task_id = any_version.submit("greet", "Ann")

    assert _end(any_version, "greet", task_id) == ("success" if old else "completed")
    assert any_version.about("get", "greet", task_id) == "Grüße, Ann!"


def test_an_id_that_nobody_has_is_not_found(any_version: Client) -> None:
    for what in ("get", "get_status", "retry", "cancel"):
        answer = any_version.about(what, "greet", "0" * 32)
        assert (answer.error, answer.code) == ("NotFound", 404)


def test_an_input_that_does_not_fit_is_refused_at_submit(any_version: Client) -> None:
    refused = any_version.do("submit", "order", kwargs={"order": {"copies": 99}})

    # BentoML's clients raise nothing more special than this at submit, whatever the status is.
    assert (refused.error, refused.code) == ("BentoMLException", 400)
    assert "order: 'title' is a required property" in refused.message


def test_an_argument_that_is_missing_is_not_even_sent(any_version: Client) -> None:
    assert any_version.do("submit", "greet").error == "TypeError"


def test_the_blocking_client_of_the_newest_version_cannot_submit_until_it_is_mended(
    gateway: Gateway, drivers: Drivers
) -> None:
    newest = Client(drivers(NEWEST), "sync", gateway.url)
    asked_of = {
        "options": {"timeout": 31}
    }  # so that it is a client of its own, not mended by others

    submitted = newest.do("submit", "greet", args=["Ann"], **asked_of)
    assert submitted.error == "AttributeError"
    assert "_opened_files" in submitted.message

    mended = newest.do("submit", "greet", args=["Ann"], remedy=True, **asked_of)
    assert isinstance(mended, str)

    older = Client(drivers(LAST_WITH_SYNC_SUBMIT), "sync", gateway.url)
    assert isinstance(older.do("submit", "greet", args=["Ann"]), str)


def _call(task: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"task": task, "args": args, "kwargs": kwargs}


def _end(client: Client, task: str, task_id: str) -> str:
    """The word for the task's state, once it has ended."""
    deadline = time.monotonic() + 60
    while (word := client.about("get_status", task, task_id)) in ("pending", "in_progress"):
        assert time.monotonic() < deadline, "it has not ended"
        time.sleep(0.2)
    assert not isinstance(word, Raised), word
    return str(word)
