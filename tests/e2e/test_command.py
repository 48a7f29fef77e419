"""The command `taskyard` against a cluster, by a port-forward of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil

from tests.cli.calling import Taskyard, environment, write_commands
from tests.cluster.binaries import binary
from tests.e2e.installation import Installation


def way_to(lab: Installation) -> dict[str, str]:
    """The environment of somebody who has kubectl, and the cluster as its current context."""
    path = f"{binary('kubectl').parent}:{os.environ['PATH']}"
    return {"KUBECONFIG": str(lab.cluster.kubeconfig), "PATH": path}


def test_the_command_finds_its_way_into_the_cluster(lab: Installation) -> None:
    taskyard = Taskyard(way_to(lab))
    where = ("--namespace", lab.namespace)

    assert "lab" in taskyard("services", *where, "--output", "name").out.split()
    assert "wrong" not in taskyard("doctor", *where).out


def test_a_way_that_breaks_is_opened_again(lab: Installation, tmp_path: Path) -> None:
    write_commands(tmp_path)
    variables = environment(tmp_path, **way_to(lab))
    call = [str(tmp_path / "taskyard"), "submit", "lab.hold", "seconds=5", "--wait"]

    with subprocess.Popen(
        [*call, "--namespace", lab.namespace],
        env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as waiting:  # fmt: skip
        assert waiting.stderr is not None
        assert waiting.stderr.readline().startswith("submitted ")
        [broken] = psutil.Process(waiting.pid).children()
        broken.kill()
        said, told = waiting.communicate(timeout=120)

    assert (waiting.returncode, said) == (0, "5.0"), told
