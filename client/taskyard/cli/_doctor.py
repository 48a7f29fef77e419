"""`taskyard doctor`: what is wrong with a set-up, and what to do about it."""

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from taskyard.cli._at_gateway import PLUGIN, Namespace, TokenFile, Url, open_gateway
from taskyard.cli._examples import examples
from taskyard.cli._exits import CommandError, ExitCode, told_in_a_sentence
from taskyard.cli._place import Cluster, place_of
from taskyard.cli._terminal import in_a_line

if TYPE_CHECKING:
    from taskyard.cli._findings import Finding

app = typer.Typer()


@app.command(epilog=examples("taskyard doctor"))
def doctor(
    context: typer.Context,
    url: Url = None,
    namespace: Namespace = None,
    token_file: TokenFile = None,
) -> None:
    """Look for what is wrong with this set-up: gateway, versions, services, storage, clock, cluster, rights."""
    from taskyard.cli._cluster_checks import cluster_findings
    from taskyard.cli._findings import Finding, Verdict
    from taskyard.cli._gateway_checks import gateway_findings
    from taskyard.cli._port_forward import kubectl

    ours = metadata.version("taskyard")

    def findings() -> Iterator[Finding]:
        here = f"{ours} on Python {platform.python_version()}"
        yield Finding("taskyard", Verdict.GOOD, here)
        plugin = context.find_root().info_name == PLUGIN
        place = place_of(url, namespace, os.environ, plugin=plugin)
        if isinstance(place, Cluster):
            yield from cluster_findings(kubectl, place.namespace, ours)
        try:
            with open_gateway(context, url, namespace, token_file) as gateway:
                yield from gateway_findings(gateway, ours, lambda: datetime.now(UTC))
        except CommandError as error:
            yield Finding("gateway", Verdict.BAD, str(error))

    wrong = 0
    with told_in_a_sentence():
        for finding in findings():
            _print(finding)
            wrong += finding.verdict is Verdict.BAD
    if wrong:
        raise typer.Exit(ExitCode.FAILED)


_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


def _print(finding: "Finding") -> None:
    console = Console(soft_wrap=True)
    verdict = Text(f"{finding.verdict:<8}", _STYLES[finding.verdict])
    console.print(verdict, Text(in_a_line(f"{finding.subject}: {finding.told}")))
    if finding.remedy:
        console.print(Text(f"{'':<9}→ {in_a_line(finding.remedy)}"))
