"""Test sessions share what is up, and the last one takes away what a session started."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sessions import Part, keep_up, use


@pytest.fixture(autouse=True)
def _folders_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKYARD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TASKYARD_CACHE", str(tmp_path / "cache"))


class Server:
    """Stands for a part of the cluster: it is up or down."""

    def __init__(self, *, is_up: bool) -> None:
        self.is_up = is_up
        self.part = Part("server", lambda: self.is_up, self.up, self.down)

    def up(self) -> None:
        self.is_up = True

    def down(self) -> None:
        self.is_up = False


def test_what_a_session_started_goes_away_with_it() -> None:
    server = Server(is_up=False)

    with use(server.part):
        assert server.is_up

    assert not server.is_up


def test_what_was_up_before_the_session_stays_up() -> None:
    server = Server(is_up=True)

    with use(server.part):
        pass

    assert server.is_up


def test_a_session_that_ends_first_leaves_the_others_what_it_started() -> None:
    server = Server(is_up=False)
    first, second = use(server.part), use(server.part)
    first.__enter__()
    second.__enter__()

    first.__exit__(None, None, None)
    assert server.is_up
    second.__exit__(None, None, None)
    assert not server.is_up


def test_what_somebody_asked_for_by_hand_meanwhile_stays_up() -> None:
    server = Server(is_up=False)

    with use(server.part):
        keep_up()

    assert server.is_up
