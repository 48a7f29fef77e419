"""A result that was damaged on its way."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import Response

from taskyard.cli._exits import ExitCode
from tests.client.peer import Peer

from .calling import Taskyard


def test_a_damaged_result_is_told_of_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = {"repr-digest": f"sha-256=:{'A' * 43}=:", "content-disposition": 'filename="a.bin"'}
    with Peer(own=True) as peer:
        peer.runs["r"].result = Response(b"done", headers=other)

        done = Taskyard().call("result", "r", "--url", peer.url)

    assert (done.code, "damaged on its way" in done.err) == (ExitCode.UNREACHABLE, True)
    assert list(tmp_path.iterdir()) == []
