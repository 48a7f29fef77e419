"""The examples do what their pages say, built by their own Dockerfiles and called by their clients."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import taskyard
from tests.chart.files import ROOT
from tests.e2e.installation import Installation

EXAMPLES = ROOT / "examples"
OCR = EXAMPLES / "document_ocr"
PATIENCE = 240
"""Seconds for a first call: the node pulls an image of 700 MB."""


@pytest.fixture(scope="module")
def ocr(installation: Installation) -> str:
    """The name of the deployed OCR service."""
    return installation.deploy(OCR)


def python(folder: Path, *arguments: str | Path) -> str:
    """Run a script of an example as its page says."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("image_generation", "service:ImageGenerationService"),
        ("document_ocr", "service:DocumentOCRService"),
    ],
)
def test_the_manifest_is_what_the_command_line_writes(
    folder: str, service: str, tmp_path: Path
) -> None:
    kept = (EXAMPLES / folder / "taskservice.yaml").read_text()
    fresh = tmp_path / "taskservice.yaml"
    fresh.write_text(kept)

    taskyard_command = Path(sys.executable).with_name("taskyard")
    command = [str(taskyard_command), "manifest", service, "--into", str(fresh)]
    subprocess.run(command, cwd=EXAMPLES / folder, check=True, timeout=60)

    assert fresh.read_text() == kept


def test_the_picture_client_saves_a_picture(installation: Installation, tmp_path: Path) -> None:
    name = installation.deploy(EXAMPLES / "image_generation")
    picture = tmp_path / "view.png"

    with installation.gateway() as url:
        said = python(
            EXAMPLES / "image_generation",
            *("client.py", "a quiet lake in autumn", "--url", f"{url}/services/{name}"),
            *("--out", picture),
        )

    assert "step" in said, "the client shows the progress of the task"
    with Image.open(picture) as view:
        assert view.size == (768, 512)


def test_a_scanned_page_comes_back_as_text_with_boxes(
    installation: Installation, ocr: str, tmp_path: Path
) -> None:
    page = tmp_path / "sample.png"
    python(OCR, "make_sample.py", page)

    with installation.gateway() as url, taskyard.SyncHTTPClient(f"{url}/services/{ocr}") as client:
        task = client.read_pages.submit(pages=[page])
        assert task.wait(PATIENCE).value == "success"
        [read] = task.get()

    assert "Harbour Authority" in read["text"]
    assert "06:30 every morning" in read["text"]
    assert all(len(line["box"]) == 4 and line["confidence"] > 0.5 for line in read["lines"])


def test_a_file_of_pages_comes_back_as_a_file_of_lines(
    installation: Installation, ocr: str, tmp_path: Path
) -> None:
    scan, result = tmp_path / "sample.tiff", tmp_path / "pages.jsonl"
    python(OCR, "make_sample.py", scan, "--pages", "2")

    with installation.gateway() as url:
        python(OCR, "client.py", scan, "--url", f"{url}/services/{ocr}", "--out", result)

    pages = [json.loads(line) for line in result.read_text().splitlines()]
    assert ["Harbour Authority" in page["text"] for page in pages] == [True, True]
    assert pages[0]["text"] != pages[1]["text"], "each page has a number of its own"
