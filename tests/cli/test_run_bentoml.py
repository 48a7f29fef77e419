"""`taskyard run` with a service that was written for BentoML and knows nothing of ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.compatibility.manifests import taskyard_beside_bentoml

from .calling import Taskyard

STUDIO = Path(__file__).parents[1] / "runtime" / "services" / "bento_studio.py"
COUNTER = """
import asyncio

import bentoml

@bentoml.service
class Counter:
    @bentoml.task
    def count(self, to: int) -> int:
        total = sum(range(to))
        breakpoint()
        return total

    @bentoml.task
    async def divide(self, by: int) -> float:
        rest = by - 7
        await asyncio.sleep(0)
        return 1 / rest

@bentoml.service
class Broken:
    def __init__(self) -> None:
        raise RuntimeError("no model there")

    @bentoml.task
    def paint(self) -> str: ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two modules and a picture."""
    shutil.copy(STUDIO, tmp_path)
    (tmp_path / "bento_counter.py").write_text(COUNTER)
    Image.new("RGB", (4, 3)).save(tmp_path / "cat.png")
    return tmp_path


def run(folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return taskyard_beside_bentoml(folder, "run", *arguments, typed=typed)


def test_what_a_task_returns_is_printed_or_saved(folder: Path) -> None:
    numbers = run(folder, "bento_studio.py:Studio", "sizes", "images=@cat.png", "scale=2")
    picture = run(folder, "bento_studio:Studio", "draw", 'order={"prompt": "x"}', "--to", "x.png")

    assert numbers.stdout == "[[8.0, 6.0]]the studio is closed\n", numbers.stderr
    assert "saved x.png" in picture.stderr
    with Image.open(folder / "x.png") as image:
        assert image.size == (8, 4)


def test_the_debugger_works(folder: Path) -> None:
    stopped = run(folder, "bento_counter.py:Counter", "count", "to=5", typed="total\ncontinue\n")
    after = run(folder, "bento_counter.py:Counter", "divide", "by=7", "--pdb", typed="rest\nquit\n")

    assert "(Pdb) 10\n" in stopped.stdout, stopped.stderr
    assert "(Pdb) 0\n" in after.stdout
    assert after.returncode == 5
    first, second, *_ = after.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert "bento_counter.py" in second
    assert after.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["bento_counter.py", "count", "to=1"], 2, "has several services; name one of them"),
        (["bento_counter:Counter", "count"], 2, "missing 'to'"),
        (["bento_studio:Studio", "choose", "style=chalk"], 2, "style: "),
        (["bento_counter:Broken", "paint"], 5, "RuntimeError: no model there"),
    ],
)
def test_mistakes_are_told(folder: Path, arguments: list[str], code: int, sentence: str) -> None:
    done = run(folder, *arguments)

    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert "taskyard_runtime" not in done.stderr


def test_without_bentoml_it_is_said_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)

    done = Taskyard().call("run", "bento_counter.py:Counter", "count", "to=1")

    assert done.code == 2
    assert "No module named 'bentoml'" in done.err
    assert "install it with: pip install 'taskyard[bentoml]'" in done.err
