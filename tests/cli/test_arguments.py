"""Words of the command line become the arguments of a task, by its schema."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from taskyard._client._schema import Parameter, TaskSchema
from taskyard.cli._arguments import arguments_of
from taskyard.cli._exits import WrongCall

FILE = {"type": "file", "format": "image"}
SCHEMAS: dict[str, dict[str, Any]] = {
    "prompt": {"type": "string"},
    "seed": {"type": "integer"},
    "sharp": {"type": "boolean"},
    "size": {"type": "array", "items": {"type": "integer"}},
    "style": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "steps": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "choice": {"enum": ["oil", 7]},
    "image": FILE,
    "mask": {"anyOf": [FILE, {"type": "null"}]},
    "images": {"type": "array", "items": FILE},
    "blob": {"type": "string", "format": "binary"},
}
PARAMETERS = tuple(Parameter(name, schema, required=False) for name, schema in SCHEMAS.items())
TASK = TaskSchema("paint", "/paint", "", PARAMETERS, {})


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        pytest.param(["prompt=a hill"], {"prompt": "a hill"}, id="text as it is"),
        pytest.param(["prompt=7"], {"prompt": "7"}, id="digits for text stay text"),
        pytest.param(["prompt=a=b"], {"prompt": "a=b"}, id="only the first = parts"),
        pytest.param(["prompt="], {"prompt": ""}, id="text may be empty"),
        pytest.param(["prompt=@@handle"], {"prompt": "@handle"}, id="@@ begins text with an @"),
        pytest.param(["seed=7", "sharp=true"], {"seed": 7, "sharp": True}, id="JSON by type"),
        pytest.param(["size=[3,4]"], {"size": [3, 4]}, id="lists are JSON"),
        pytest.param(["style=null"], {"style": "null"}, id="where text fits it is text"),
        pytest.param(["steps=null"], {"steps": None}, id="null where only JSON fits"),
        pytest.param(["choice=oil"], {"choice": "oil"}, id="a choice may be text"),
        pytest.param(["choice=7"], {"choice": 7}, id="or JSON"),
        pytest.param(["image=@cat.png"], {"image": Path("cat.png")}, id="a file"),
        pytest.param(["mask=@cat.png"], {"mask": Path("cat.png")}, id="a file that is optional"),
        pytest.param(["blob=@cat.png"], {"blob": Path("cat.png")}, id="bytes from a file"),
        pytest.param(["blob=text"], {"blob": "text"}, id="bytes from text"),
        pytest.param(
            ["images=@a", "images=@b"], {"images": [Path("a"), Path("b")]}, id="a list of files"
        ),
        pytest.param(["images=@a"], {"images": [Path("a")]}, id="a list of one file"),
        pytest.param(["images=[]"], {"images": []}, id="a list of no files"),
        pytest.param(["new=1"], {"new": 1}, id="what is not known is left to others to judge"),
    ],
)
def test_arguments(words: list[str], arguments: dict[str, Any]) -> None:
    assert arguments_of(TASK, words) == arguments


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a hill"], "'a hill' is no argument: give each as name=value"),
        (["=7"], "'=7' is no argument"),
        (["seed=seven"], "seed takes JSON (integer), and 'seven' is none"),
        (["image=cat.png"], "image takes a file: image=@cat.png"),
        (["seed=1", "seed=2"], "seed is given 2 times, and takes one value"),
    ],
)
def test_words_that_do_not_fit_are_told_by_name(words: list[str], sentence: str) -> None:
    with pytest.raises(WrongCall) as refused:
        arguments_of(TASK, words)

    assert sentence in str(refused.value)


def test_text_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("a long\nprompt")

    assert arguments_of(TASK, [f"prompt=@{file}"]) == {"prompt": "a long\nprompt"}


def test_text_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("[1,2]"))

    assert arguments_of(TASK, ["size=@-"]) == {"size": [1, 2]}
