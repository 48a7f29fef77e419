"""`python -m taskyard_operator.local`: the server behind `taskyard serve`."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from taskyard_operator.local.server import serve
from taskyard_operator.local.settings import (
    LocalSettings,
    read_services,
    read_store,
    this_machine,
    webhooks_on_this_machine,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="taskyard_operator.local", description=__doc__)
    parser.add_argument("--services", type=Path, required=True, help="manifests (YAML)")
    parser.add_argument("--modules", type=Path, required=True, help="the folder of their modules")
    parser.add_argument("--data", type=Path, required=True, help="the folder for what is kept")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--workers", type=int, help="how many tasks may run at once")
    parser.add_argument("--gpus", default="", help="names of GPUs, such as 0,1")
    parser.add_argument("--keep-warm", type=float, default=900.0, help="seconds, see settings")
    parser.add_argument("--store", default="", help="the URL of a bucket for objects")
    options = parser.parse_args(arguments)
    try:
        settings = LocalSettings(
            services=read_services(options.services),
            modules=options.modules.absolute(),
            data=options.data.absolute(),
            host=options.host,
            port=options.port,
            webhooks=webhooks_on_this_machine(os.environ),
            machine=this_machine(options.workers, [g for g in options.gpus.split(",") if g]),
            keep_warm=options.keep_warm,
            store=read_store(options.store, os.environ),
        )
    except ValueError as error:
        sys.stderr.write(f"taskyard serve: {error}\n")
        return 2
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    return asyncio.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
