"""The command `taskyard` against a cluster, by a port-forward of its own."""

from __future__ import annotations

import os

from tests.cli.calling import Taskyard
from tests.cluster.binaries import binary
from tests.e2e.installation import Installation


def test_the_command_finds_its_way_into_the_cluster(lab: Installation) -> None:
    taskyard = Taskyard(
        {
            "KUBECONFIG": str(lab.cluster.kubeconfig),
            "PATH": f"{binary('kubectl').parent}:{os.environ['PATH']}",
        }
    )
    where = ("--namespace", lab.namespace)

    assert "lab" in taskyard("services", *where, "--output", "name").out.split()
    assert "wrong" not in taskyard("doctor", *where).out
