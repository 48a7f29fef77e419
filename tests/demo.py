"""`make demo-cluster`: the whole way of a task on a real cluster, from an empty machine to a picture.

Brings the test cluster up, installs the chart, deploys the example service, runs the client code of
the reference document with a progress display, and shows what kubectl shows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import taskyard
from tests.chart.files import ROOT
from tests.chart.release import remove
from tests.cluster.cluster import Cluster
from tests.cluster.commands import ClusterError
from tests.cluster.parts import CONTROL_PLANE, NODE
from tests.cluster.sessions import keep_up, use
from tests.e2e.installation import Installation, install

NAMESPACE = "taskyard-demo"
PROMPT = "a scenic mountain view that mirrors in a quiet lake at sunset"
PATIENCE = 300
"""Seconds that the picture may take, with the pull of its image."""


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make demo-cluster", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the cluster up")
    parser.add_argument(
        "--output", type=Path, default=Path("demo.png"), help="where to save the picture"
    )
    options = parser.parse_args()
    console = Console()
    try:
        console.print(
            "[bold]1.[/bold] A cluster: etcd, API server, kubelet, containerd, S3 server …"
        )
        with use(CONTROL_PLANE), use(NODE) as up:
            if options.keep:
                keep_up()
            _show(console, up, options.output)
    except ClusterError as error:
        console.print(f"[red]{error}[/red]")
        return 1
    return 0


def _show(console: Console, up: Cluster, output: Path) -> None:
    console.print("[bold]2.[/bold] helm install taskyard, and the service image-generation …")
    installation = _installed(up)
    with installation.gateway() as url, taskyard.SyncHTTPClient(url) as client:
        console.print(
            f'[bold]3.[/bold] client.long_running_image_generation.submit(prompt="{PROMPT}")'
        )
        task = client.long_running_image_generation.submit(prompt=PROMPT)
        console.print(f"Task submitted, ID: {task.id}")
        status = _watched(console, task)
        if status.value != "success":
            console.print(f"[red]The task ended as {status.phase}: {status.message}[/red]")
            raise ClusterError("the demo's task did not succeed")
        task.get().save(output)
    console.print(f"[bold]4.[/bold] The picture is in {output.resolve()}")
    console.print("[bold]5.[/bold] kubectl get taskruns.taskyard.dev -o wide")
    shown = installation.in_namespace("get", "taskruns.taskyard.dev", "-o", "wide")
    console.print(shown, soft_wrap=True, highlight=False)
    console.print(f"KUBECONFIG={up.kubeconfig}, namespace {NAMESPACE}", style="dim")


def _installed(up: Cluster) -> Installation:
    """A fresh release: what an earlier demo left is replaced."""
    remove(up, NAMESPACE)
    installation = install(up, NAMESPACE)
    installation.deploy(ROOT / "examples" / "image_generation")
    return installation


def _watched(console: Console, task: taskyard.Task) -> taskyard.TaskStatus:
    """Wait for the end of a task and draw how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as display:
        bar = display.add_task("Queued", total=1.0)

        def draw(status: taskyard.TaskStatus) -> None:
            said = status.progress
            text = (said and said.message) or status.message or ""
            fraction = said.fraction if said and said.fraction is not None else 0.0
            display.update(bar, description=f"{status.phase} {text}".strip(), completed=fraction)

        status = task.wait(PATIENCE, on_progress=draw)
        display.update(bar, description=status.phase, completed=1.0)
    return status


if __name__ == "__main__":
    sys.exit(main())
