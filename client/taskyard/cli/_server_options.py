"""How services are served on one machine: options of `serve`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What may be said beside which services."""

    port: Annotated[int, typer.Option(help="Where to listen; 0 for any port that is free.")] = 3000
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1"
    data: Annotated[
        Path | None,
        typer.Option(help="Where tasks and results are kept; a folder per service by default."),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="How many tasks run at once; as many as CPUs by default."),
    ] = None
    gpus: Annotated[
        str, typer.Option(help="The GPUs that tasks may use, by number or UUID: 0,1.")
    ] = ""
    warm: Annotated[
        bool | None,
        typer.Option(
            "--warm/--no-warm",
            help="Build services once, in processes that run task after task; "
            "by default those that say so.",
            show_default=False,
        ),
    ] = None
    keep_warm: Annotated[
        float,
        typer.Option(min=0, help="Seconds that such a process stays when it has nothing to do."),
    ] = 900
    store: Annotated[
        str,
        typer.Option(
            help="A bucket for inputs, results and logs: s3://bucket/prefix, gs://… or az://…; "
            "in the data folder by default."
        ),
    ] = ""
    reload: Annotated[
        bool,
        typer.Option(
            "--reload", help="Serve anew whenever a Python file below the folder changes."
        ),
    ] = False

    def of_server(self) -> list[str]:
        """Those that the server's own command has, as it takes them."""
        options = ["--port", str(self.port), "--host", self.host, "--gpus", self.gpus]
        options += ["--keep-warm", str(self.keep_warm), "--store", self.store]
        return options + (["--workers", str(self.workers)] if self.workers else [])
