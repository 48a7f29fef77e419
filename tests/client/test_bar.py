"""Progress bars, drawn by the real libraries."""

import sys

import pytest

import taskyard

from .peer import Peer


def half(peer: Peer) -> None:
    progress = {"fraction": 0.5, "message": "half of it"}
    peer.runs["r"].statuses.appendleft({"status": "in_progress", "progress": progress})


def test_a_bar_shows_what_the_task_says_and_its_end(
    peer: Peer, client: taskyard.SyncHTTPClient, capsys: pytest.CaptureFixture[str]
) -> None:
    half(peer)
    told: list[str] = []

    client.raw.task("r").wait(
        on_progress=lambda status: told.append(status.value), progress_bar=True
    )

    shown = capsys.readouterr()
    assert "raw" in shown.err
    assert "100%" in shown.err
    assert shown.out == ""
    assert told == ["in_progress", "success"]


async def test_the_asynchronous_client_shows_one_too(
    peer: Peer, async_client: taskyard.AsyncHTTPClient, capsys: pytest.CaptureFixture[str]
) -> None:
    half(peer)

    await async_client.raw.task("r").wait(progress_bar=True)

    assert "100%" in capsys.readouterr().err


def test_a_bar_shows_how_many_of_many_have_ended(
    peer: Peer, client: taskyard.SyncHTTPClient, capsys: pytest.CaptureFixture[str]
) -> None:
    results = list(client.raw.map([()] * 4, progress_bar=True))

    assert len(results) == 4
    assert "100%" in capsys.readouterr().err


def test_a_bar_goes_with_whoever_takes_no_more(
    peer: Peer, client: taskyard.SyncHTTPClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in client.raw.map(iter([()] * 4), concurrency=1, progress_bar=True):
        break

    assert "raw" in capsys.readouterr().err


def test_without_a_library_nothing_is_shown(
    peer: Peer,
    client: taskyard.SyncHTTPClient,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    monkeypatch.setitem(sys.modules, "tqdm", None)

    assert client.raw.task("r").wait(progress_bar=True) == "success"
    assert capsys.readouterr().err == ""


def test_tqdm_draws_where_rich_is_not(
    peer: Peer,
    client: taskyard.SyncHTTPClient,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    half(peer)

    client.raw.task("r").wait(progress_bar=True)

    assert "raw: 100%" in capsys.readouterr().err
