"""What docs/services.md shows works as it stands there: its service, its tests, and its manifest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from taskyard.api.runner import InputSource

from .multipart_body import multipart_body
from .runner import Attempt

GUIDE = Path(__file__).parents[2] / "docs" / "services.md"
SERVICE = "service:Summarizer"
MANIFEST = "from taskyard.cli import main; main()", "manifest", SERVICE, "--image", "any:1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide's files, each put together of its pieces."""
    folder = tmp_path_factory.mktemp("guide")
    for piece in re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL):
        name = re.match(r"# (\w+\.py)", piece)
        assert name, "each piece begins with the name of its file"
        with (folder / name[1]).open("a") as file:
            file.write(f"\n{piece}")
    return folder


@pytest.fixture
def guided(attempt: Attempt, folder: Path) -> Attempt:
    """An attempt of the guide's service."""
    path = [str(folder), os.environ.get("PYTHONPATH", "")]
    attempt.environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    return attempt


def test_its_tests_pass(folder: Path) -> None:
    said = _python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_service.py")

    assert "4 passed" in said


def test_its_manifest_can_be_written(folder: Path) -> None:
    manifest = yaml.safe_load(_python(folder, "-c", *MANIFEST))

    output = {task["name"]: task["output"] for task in manifest["spec"]["tasks"]}
    assert list(output) == ["summarize", "read", "write", "draft", "wait"]
    assert output["write"] == {"type": "null", "x-outputs": {"type": "string"}}
    assert output["draft"]["x-outputs"]["title"] == "Summary"


@pytest.mark.parametrize(
    ("task", "arguments", "result", "outputs"),
    [
        ("summarize", {"text": "It was", "words": 1}, b'{"title":"It","words":1}', []),
        ("write", {"prompt": "the best"}, b"null", ["the", "best"]),
        (
            "draft",
            {"text": "It was so"},
            b"so.",
            [
                *({"title": "It", "words": count} for count in (1, 2)),
                {"note": "that was the last"},
            ],
        ),
    ],
    ids=["summarize", "write", "draft"],
)
def test_its_tasks_run(
    guided: Attempt, task: str, arguments: dict[str, Any], result: bytes, outputs: list[Any]
) -> None:
    finished = guided.call(SERVICE, task, **arguments)

    assert finished.result == result
    assert [output["value"] for output in finished.outputs] == outputs


def test_it_reads_a_file_and_says_how_far_it_is(guided: Attempt) -> None:
    source = guided.stored(*multipart_body([("document", "best.txt", b"It\nwas\n")]))

    finished = guided.run(guided.ticket(SERVICE, "read", source))

    assert json.loads(finished.result) == 2
    assert finished.progress[-1] == (1.0, "line 2 of 2")


def test_it_clears_away_what_it_has_made_when_it_is_cancelled(
    guided: Attempt, tmp_path: Path
) -> None:
    work = tmp_path / "work" / "work"
    source = InputSource(inline={"folder": str(work.parent)})
    with guided.started(guided.ticket(SERVICE, "wait", source)) as running:
        running.wait_until(work.exists, "its work")
        running.terminate()
        finished = running.finish()

    assert finished.report.outcome == "Cancelled"
    assert not work.exists()


def _python(folder: Path, *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()
