"""A server of `services/`, and the command that talks to it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.local.serving import LocalServer, taskyard_serve

from .calling import Taskyard, new_ended, new_failed, write_commands

SERVICE = Path(__file__).parent / "services" / "service.py"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("served")
    module = Path(shutil.copy(SERVICE, folder))  # its tasks write where it is
    with taskyard_serve(folder / "data", "--workers", "4", module=module) as running:
        yield running


@pytest.fixture(scope="session")
def taskyard(server: LocalServer) -> Taskyard:
    return Taskyard({"TASKYARD_URL": server.url})


@pytest.fixture(scope="session")
def failed(taskyard: Taskyard) -> str:
    """The id of a task that has failed; for tests that leave it as it is."""
    return new_failed(taskyard)


@pytest.fixture(scope="session")
def ended(taskyard: Taskyard) -> dict[str, str]:
    """What examples call $ID and $OTHER: tasks that have ended well; they stay."""
    return new_ended(taskyard, "ID", "OTHER")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a picture of a cat, two texts, and the service."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (4, 3)).save("cat.png")
    Path("one.txt").write_text("one\n")
    Path("two.txt").write_text("two\n")
    shutil.copy(SERVICE, tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts `taskyard`, `kubectl-taskyard` and so on."""
    folder = tmp_path_factory.mktemp("bin")
    write_commands(folder)
    return folder
