"""`taskyard run`: one task in this process."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image

from .calling import Taskyard, environment

BREAKS = """
from collections.abc import AsyncIterator, Generator

import taskyard

@taskyard.service
class Counter:
    @taskyard.task
    def count(self, to: int) -> int:
        total = sum(range(to))
        breakpoint()
        return total

    @taskyard.task
    def divide(self, by: int) -> float:
        rest = by - 7
        return 1 / rest

    @taskyard.task
    def spell(self, word: str) -> Generator[str, None, int]:
        for letter in word:
            yield letter
        return len(word)

    @taskyard.task
    async def drip(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @taskyard.task
    def lie(self) -> str:
        return 7
"""


@pytest.fixture
def here(folder: Path) -> Taskyard:
    Path("counter.py").write_text(BREAKS)
    return Taskyard()


def test_what_a_task_returns_is_printed_or_saved(here: Taskyard) -> None:
    text = here("run", "service.py", "describe", "image=@cat.png")
    json_ = here("run", "service:ImageGeneration", "hold", "seconds=0")
    picture = here("run", "service.py", "long_running_image_generation", "prompt=x")

    assert text.out == "a picture of 4 x 3"
    assert (json_.out, json_.err) == ('{"held":0.0}', "25% holding\n")
    assert picture.out == "painting x\n"
    assert picture.err == "50% half of it\nsaved long_running_image_generation.png\n"
    with Image.open("long_running_image_generation.png") as image:
        assert image.size == (8, 8)


def test_what_a_task_gives_away_is_told(here: Taskyard) -> None:
    spelt = here("run", "counter.py", "spell", "word=ab")
    dripped = here("run", "counter.py", "drip", "to=2")

    assert (spelt.err, spelt.out) == ("output: a\noutput: b\n", "2")
    assert (dripped.err, dripped.out) == ("output: 0\noutput: 1\n", "null")


def test_files_are_named_from_where_the_caller_is(
    here: Taskyard, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "in.txt").write_text("in")
    monkeypatch.chdir(elsewhere)

    here("run", "../service.py", "bundle", "files=@in.txt", "--to", "out.txt")

    assert (elsewhere / "out.txt").read_text() == "in"


def test_an_error_shows_the_stack_of_the_task_alone(here: Taskyard) -> None:
    done = here.call("run", "counter.py", "divide", "by=7")

    assert done.code == 5
    assert done.err.splitlines()[0] == "Traceback (most recent call last):"
    assert "counter.py" in done.err.splitlines()[1]
    assert done.err.splitlines()[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["no.py", "count"], 2, "there is no file no.py"),
        (
            ["counter.py", "nothing"],
            2,
            "has no task 'nothing'; its tasks are: count, divide, spell",
        ),
        (["counter.py", "count"], 2, "to: "),
        (["counter.py", "count", "to=x"], 2, "to takes JSON (integer), and 'x' is none"),
        (["counter.py", "count", "to=1", "by=2"], 2, "unknown by; the task is count(to)"),
        (["service.py", "describe", "image=@no.png"], 2, "there is no file no.png"),
        (["service.py", "describe", "image=@-"], 2, "standard input is the debugger's here"),
        (["service.py", "describe", "image=@one.txt"], 2, "image: "),
        (["counter.py", "lie"], 5, "the task returned int, and its return annotation says str"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    here: Taskyard, arguments: list[str], code: int, sentence: str
) -> None:
    done = here.call("run", *arguments)

    assert sentence in done.err
    assert "Traceback" not in done.err
    assert done.code == code


@pytest.mark.parametrize(
    ("arguments", "typed", "shown"),
    [
        (["count", "to=5"], "total\ncontinue\n", "10"),
        (["divide", "by=7", "--pdb"], "rest\nquit\n", "0"),
    ],
)
def test_the_debugger_works(
    here: Taskyard, folder: Path, commands: Path, arguments: list[str], typed: str, shown: str
) -> None:
    done = subprocess.run(
        ["taskyard", "run", "counter.py", *arguments],
        cwd=folder, env=environment(commands), input=typed, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip

    assert f"(Pdb) {shown}\n" in done.stdout
