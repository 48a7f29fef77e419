"""Rules about the tree itself that no other tool keeps."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.generated import generated
from tests.limits import BEYOND, bounds

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/taskservice.yaml"))


@pytest.mark.parametrize("folder", ["operator", "runtime", "client"])
def test_a_top_level_folder_is_no_package(folder: str) -> None:
    """`operator/__init__.py` would take the place of the standard library's module."""
    assert not (ROOT / folder / "__init__.py").exists()


def test_no_test_folder_is_called_like_a_module_of_the_standard_library() -> None:
    assert not list((ROOT / "tests").rglob("operator"))


def test_the_locks_name_no_index_and_pin_by_hash() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert text.count("==") <= text.count("--hash=sha256:"), lock.name


def test_the_wheel_holds_the_three_packages(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, timeout=120)

    wheel = next(tmp_path.glob("*.whl"))
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {"taskyard", "taskyard_runtime", "taskyard_operator"} <= top
    assert not {"tests", "operator", "client", "runtime", "examples"} & top


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_complete(example: Path) -> None:
    names = {path.name for path in example.iterdir()}

    assert {"service.py", "client.py", "Dockerfile", "README.md", "taskservice.yaml"} <= names


@pytest.mark.parametrize("path", generated(), ids=lambda path: path.name)
def test_what_is_made_from_code_is_up_to_date(path: Path) -> None:
    assert path.read_text() == generated()[path], "run `make generate`"


def test_every_setting_that_bounds_something_is_in_the_table_of_limits() -> None:
    assert bounds() <= set(BEYOND)


def test_documents_link_only_to_what_is_there() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*/README.md")]

    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text())
        if "://" not in target and not (document.parent / target).exists()
    ]

    assert broken == []


def test_manifests_of_the_examples_are_of_this_api() -> None:
    for example in EXAMPLES:
        manifest = yaml.safe_load((example / "taskservice.yaml").read_text())
        assert (manifest["apiVersion"], manifest["kind"]) == (
            "taskyard.dev/v1alpha1",
            "TaskService",
        )
