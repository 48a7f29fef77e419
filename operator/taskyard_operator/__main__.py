"""`python -m taskyard_operator controller | gateway | crds`: the processes of the cluster's side."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from taskyard_operator.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the processes; returns its exit code."""
    parser = argparse.ArgumentParser(prog="taskyard_operator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("controller", "run TaskRuns as Jobs"),
        ("gateway", "serve the HTTP API"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--config", type=Path, required=True, help="the settings file (YAML)")
    commands.add_parser("crds", help="print the CustomResourceDefinitions")
    options = parser.parse_args(arguments)
    if options.command == "crds":
        return _print_crds()
    try:
        settings = load_settings(options.config)
    except ValueError as error:
        sys.stderr.write(f"taskyard {options.command}: {error}\n")
        return 2
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    return asyncio.run(_run(options.command, settings))


async def _run(command: str, settings: Settings) -> int:
    """Import only the process that is asked for: each has libraries that the other does not need."""
    if command == "controller":
        from taskyard_operator.controller import run_controller

        return await run_controller(settings)
    from taskyard_operator.server import run_gateway

    return await run_gateway(settings)


def _print_crds() -> int:
    from taskyard.api.definitions import KINDS
    from taskyard_operator.crds import crd_yaml

    sys.stdout.write("---\n".join(crd_yaml(kind) for kind in KINDS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
