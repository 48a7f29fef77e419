"""Tasks of all kinds, while everything they need is killed and stopped at random: all end as they must.

`make chaos SEED=7 MINUTES=10` runs the long one; what it does follows from the seed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.cluster import Cluster
from tests.e2e.fixtures import new_installation
from tests.e2e.installation import Installation
from tests.soak.blows import blows
from tests.soak.kinds import KINDS, plays, retries
from tests.soak.report import report
from tests.soak.soak import Soak
from tests.soak.verdict import faults, faults_of_answers

SEED = int(os.environ.get("TASKYARD_SOAK_SEED") or 21)
MINUTES = float(os.environ.get("TASKYARD_SOAK_MINUTES") or 0.75)
TASKS = max(40, round(30 * MINUTES))
SERVICE = Path(__file__).parent / "service"
RETENTION = 15
"""Seconds that a run stays in the cluster after its end."""


@pytest.fixture(scope="session")
def installation(cluster: Cluster) -> Iterator[Installation]:
    """Taskyard, in a namespace of its own."""
    yield from new_installation(cluster, "soak")


@pytest.fixture
def soak(installation: Installation, tmp_path: Path) -> Soak:
    """The installation with the service `soak` in it."""
    if os.environ.get("TASKYARD_TEST_KUBECONFIG"):
        pytest.skip("the parts of a given cluster are no processes of this machine")
    witness = tmp_path / "witness"
    witness.mkdir()
    witness.chmod(0o777)  # for the user of the pods
    return Soak(installation, installation.deploy(SERVICE, manifest(witness)), witness)


def manifest(witness: Path) -> dict[str, Any]:
    """The TaskService as the command line writes it, with what each kind says of its task."""
    taskyard = str(Path(sys.executable).with_name("taskyard"))
    command = [taskyard, "manifest", "service:Soak", "--image", "set-by-deploy", "--name", "soak"]
    written = subprocess.run(command, cwd=SERVICE, capture_output=True, check=True)
    service: dict[str, Any] = yaml.safe_load(written.stdout)
    settings = {kind.task: kind.settings or {} for kind in KINDS}
    volume = {"name": "witness", "hostPath": {"path": str(witness)}}
    container = {"name": "task", "volumeMounts": [{"name": "witness", "mountPath": "/witness"}]}
    service["spec"] |= {
        "tasks": [task | settings[task["name"]] for task in service["spec"]["tasks"]],
        "resources": {"limits": {"memory": "100Mi"}},
        "retries": retries(0),
        "retention": {"taskRun": RETENTION},
        "cancelGrace": 5,
        "podTemplate": {"spec": {"volumes": [volume], "containers": [container]}},
    }
    return service


def test_every_task_ends_as_its_kind_must_while_the_cluster_fails_around_it(soak: Soak) -> None:
    seed = f"SEED={SEED} MINUTES={MINUTES:g}"
    print(f"{seed}: {TASKS} tasks", flush=True)

    try:
        played = soak.run(plays(SEED, TASKS, MINUTES * 60), blows(SEED, MINUTES * 60))
        soak.until_nothing_is_left()
    except BaseException:
        print(f"{seed}: {report(soak.struck, [])}")
        raise

    stories = soak.stories(played)
    print(report(soak.struck, stories))
    wrong = [f"{story.kind.name} {story.id}: {why}" for story in stories for why in faults(story)]
    wrong += [
        f"{each.play.kind.name} {each.ids}: {why}"
        for each in played
        for why in faults_of_answers(each)
    ]
    assert not wrong, f"{seed}: " + "\n".join(wrong)
