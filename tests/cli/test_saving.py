"""Where results go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from taskyard.cli._exits import CommandError
from taskyard.cli._saving import STANDARD_OUTPUT, place_for, save


@pytest.mark.parametrize(
    ("content_type", "name", "to", "place"),
    [
        ("text/plain; charset=utf-8", None, None, STANDARD_OUTPUT),
        ("application/json", None, None, STANDARD_OUTPUT),
        ("image/png", None, None, Path("t1.png")),
        ("application/x-unheard-of", None, None, Path("t1")),
        ("text/plain", "report.txt", None, Path("report.txt")),
        ("text/plain", None, Path("answer.txt"), Path("answer.txt")),
        ("image/png", "hill.png", Path("-"), STANDARD_OUTPUT),
    ],
)
def test_a_result_has_its_place(
    content_type: str, name: str | None, to: Path | None, place: Path
) -> None:
    assert place_for("t1", content_type, name, to) == place


def test_in_a_folder_it_keeps_its_name(tmp_path: Path) -> None:
    assert place_for("t1", "image/png", "hill.png", tmp_path) == tmp_path / "hill.png"


def test_a_file_is_replaced_only_where_that_was_said(tmp_path: Path) -> None:
    file = tmp_path / "hill.png"
    file.write_bytes(b"old")

    with pytest.raises(CommandError, match="is there already"):
        save([b"new"], file, replace=False)
    assert file.read_bytes() == b"old"

    save([b"n", b"ew"], file, replace=True)
    assert file.read_bytes() == b"new"


def test_what_did_not_come_whole_is_not_there(tmp_path: Path) -> None:
    def breaking_off() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError("cut")

    with pytest.raises(ConnectionError):
        save(breaking_off(), tmp_path / "hill.png", replace=False)

    assert list(tmp_path.iterdir()) == []
