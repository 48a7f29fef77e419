"""What cannot be served is told in one sentence, at once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .serving import COMMAND, SERVICES, LocalServer


def serve(*arguments: str, folder: Path = SERVICES) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.py"], "there is no file nothing.py"),
        (["lab.yaml"], "there is no file lab.yaml"),
        (["lab.py:Nobody"], "module 'lab' has no class 'Nobody'"),
        (["lab:Lab", "lab.py:Lab"], "two services are called lab"),
        (["my-lab"], "'my-lab' is no name of a Python module; rename the file"),
        (["lab.py", "--port", "0", "--workers", "0"], "workers"),
    ],
)
def test_a_wrong_call_is_told(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = serve(*arguments, "--data", str(tmp_path / "data"))

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_module_without_a_service_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("class Plain: ...")

    done = serve("plain.py", folder=tmp_path)

    assert done.returncode == 2
    assert "plain.py has no service: decorate a class with @taskyard.service" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: ConfigMap", "the file holds no TaskService"),
        ("kind: [", "the file is not YAML"),
        ("kind: TaskService\nmetadata: {name: lab}\nspec: {image: x}", "spec.entrypoint"),
    ],
)
def test_a_file_without_a_service_is_told(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "services.yaml").write_text(text)

    done = serve("services.yaml", folder=tmp_path)

    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_data_that_another_server_uses_is_left_to_it(server: LocalServer) -> None:
    data = server.log_file.with_suffix("")

    done = serve("lab.py", "--port", "0", "--data", str(data))

    assert done.returncode == 1
    assert "another server uses" in done.stderr
    assert "give another --data" in done.stderr


def test_a_port_that_is_taken_is_told(server: LocalServer, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]

    done = serve("lab.py", "--port", port, "--data", str(tmp_path / "data"))

    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
