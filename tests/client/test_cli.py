"""The `taskyard` command, run as people run it."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from taskyard.api.taskservice import TaskService

SERVICE = '''
import taskyard
from PIL.Image import Image

@taskyard.service(resources={"cpu": "2", "memory": "8Gi"}, gpu=1)
class ImageGeneration:
    """Makes pictures."""

    @taskyard.task
    def paint(self, prompt: str, seed: int = 0) -> Image:
        """Paint it.

        Slowly.
        """

    @taskyard.task(route="/words")
    def describe(self, image: Image) -> str: ...

class Plain: ...
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "studio.py").write_text(SERVICE)
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    return tmp_path


def run(project: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from taskyard.cli import main; main()", *args]
    environment = {"PATH": "/usr/bin:/bin", "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=project, capture_output=True, check=False, text=True, env=environment
    )


def test_version_is_the_installed_one(project: Path) -> None:
    assert run(project, "version").stdout == metadata.version("taskyard") + "\n"


def test_a_manifest_tells_all_that_the_class_says(project: Path) -> None:
    done = run(project, "manifest", "studio:ImageGeneration", "--image", "registry/studio:1")

    manifest = yaml.safe_load(done.stdout)
    service = TaskService.model_validate(manifest)
    assert done.stderr == ""
    assert manifest["apiVersion"] == "taskyard.dev/v1alpha1"
    assert service.metadata.name == "image-generation"
    assert service.spec.image == "registry/studio:1"
    assert service.spec.entrypoint == "studio:ImageGeneration"
    assert [(task.name, task.path) for task in service.spec.tasks] == [
        ("paint", "/paint"),
        ("describe", "/words"),
    ]
    assert service.spec.tasks[0].description == "Paint it.\n\nSlowly."
    assert service.spec.tasks[0].input["required"] == ["prompt"]
    assert service.spec.tasks[0].output["format"] == "image"
    assert service.spec.resources.requests == {"cpu": "2", "memory": "8Gi"}
    assert service.spec.resources.limits == {"memory": "8Gi"}
    assert service.spec.gpu is not None
    assert service.spec.gpu.count == 1


def test_the_name_can_be_given(project: Path) -> None:
    done = run(project, "manifest", "studio:ImageGeneration", "--image", "x", "--name", "art")

    assert yaml.safe_load(done.stdout)["metadata"] == {"name": "art"}


HAND_KEPT = """\
# Who to ask: the maps team
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: taskyard.dev/v1alpha1
kind: TaskService
metadata:
  name:   art   # spaces and all
spec:
  image: registry/studio:7
  tasks:
    - name: gone
    - name: paint
      description: old
      deadlines: {run: 900}

  # A GPU with much memory
  gpu:
    count: 2
  entrypoint: old:Name  # kept by hand

# The end
"""


def test_into_a_file_only_tasks_and_entrypoint_change(project: Path) -> None:
    file = project / "service.yaml"
    file.write_text(HAND_KEPT)

    done = run(project, "manifest", "studio:ImageGeneration", "--into", "service.yaml")

    after = file.read_text()
    spec = list(yaml.safe_load_all(after))[1]["spec"]
    assert done.returncode == 0
    assert "brought up to date: paint, describe" in done.stderr
    assert [task["name"] for task in spec["tasks"]] == ["paint", "describe"]
    assert spec["tasks"][0]["deadlines"] == {"run": 900}
    assert spec["tasks"][0]["description"] == "Paint it.\n\nSlowly."
    assert spec["entrypoint"] == "studio:ImageGeneration"
    head, tail = HAND_KEPT.split("  tasks:")[0], HAND_KEPT[HAND_KEPT.index("\n  # A GPU") :]
    assert after.startswith(head)
    assert after.endswith(tail.replace("old:Name", "studio:ImageGeneration"))


def test_into_a_file_twice_changes_nothing_more(project: Path) -> None:
    file = project / "service.yaml"
    file.write_text(HAND_KEPT)
    run(project, "manifest", "studio:ImageGeneration", "--into", "service.yaml")
    once = file.read_text()

    done = run(project, "manifest", "studio:ImageGeneration", "--into", "service.yaml")

    assert file.read_text() == once
    assert "was up to date" in done.stderr


def test_into_a_printed_manifest_changes_nothing(project: Path) -> None:
    file = project / "service.yaml"
    file.write_text(run(project, "manifest", "studio:ImageGeneration", "--image", "x").stdout)

    done = run(project, "manifest", "studio:ImageGeneration", "--into", "service.yaml")

    assert "was up to date" in done.stderr


def test_into_a_file_without_tasks_they_are_put_in(project: Path) -> None:
    file = project / "service.yaml"
    file.write_text("kind: TaskService\nmetadata: {name: art}\nspec:\n    image: x\n")

    run(project, "manifest", "studio:ImageGeneration", "--into", "service.yaml")

    spec = yaml.safe_load(file.read_text())["spec"]
    assert set(spec) == {"image", "entrypoint", "tasks"}


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (["manifest", "studio"], 2, "say which image holds the service"),
        (["manifest", "studio", "--image", "x"], 2, "'studio' is not of the form module:Class"),
        (["manifest", "studio:Nobody", "--image", "x"], 2, "'studio' has no class 'Nobody'"),
        (["manifest", "studio:Plain", "--image", "x"], 2, "Plain is not a service"),
        (["manifest", "missing:A", "--image", "x"], 2, "module 'missing' cannot be imported"),
        (["manifest", "broken:A", "--image", "x"], 2, "No module named 'nothing_of_that_name'"),
        (["manifest", "studio:ImageGeneration", "--into", "no.yaml"], 1, "No such file"),
        (["manifest", "studio:ImageGeneration", "--into", "studio.py"], 1, "is not YAML"),
        (["manifest", "studio:ImageGeneration", "--into", "empty"], 1, "holds no TaskService"),
        (["paint"], 2, "No such command 'paint'"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    project: Path, args: list[str], code: int, sentence: str
) -> None:
    (project / "empty").touch()

    done = run(project, *args)

    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert done.returncode == code
