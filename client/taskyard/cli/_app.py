"""The commands, their options and how they fail; what they do is in the modules beside this one."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from taskyard.cli._entrypoint import EntrypointError, load_service
from taskyard.cli._manifest import to_manifest, to_yaml
from taskyard.cli._rewrite import ManifestError, with_tasks
from taskyard.cli._serve import CannotServe, become_server, data_folder, find_services

app = typer.Typer(
    help="Long inference tasks on your own Kubernetes cluster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def version() -> None:
    """Print the installed version."""
    typer.echo(metadata.version("taskyard"))


@app.command()
def manifest(
    entrypoint: Annotated[
        str, typer.Argument(metavar="MODULE:CLASS", help="The service class, importable from here.")
    ],
    image: Annotated[
        str | None, typer.Option(help="The image that holds it; needed unless --into is given.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The name of the TaskService; from the class by default.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(help="Rewrite spec.tasks and spec.entrypoint of this file; keep all else."),
    ] = None,
) -> None:
    """Print the TaskService manifest of a service class, or bring one up to date."""
    if into is None and image is None:
        raise _failed("say which image holds the service with --image", code=2)
    with _told_in_a_sentence():
        service = load_service(entrypoint)
        if into is None:
            typer.echo(to_yaml(to_manifest(service, entrypoint, image or "", name)), nl=False)
            return
        before = into.read_bytes().decode()
        after = with_tasks(before, to_manifest(service, entrypoint, image or "any", name), name)
        into.write_bytes(after.encode())
        changed = "brought up to date" if after != before else "was up to date"
        _to_people(f"{into} {changed}: {', '.join(service.tasks)}")


@app.command()
def serve(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="SERVICE...",
            help="service.py, service.py:Class, module or module:Class; all in one folder.",
        ),
    ],
    port: Annotated[int, typer.Option(help="Where to listen; 0 for any port that is free.")] = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    data: Annotated[
        Path | None,
        typer.Option(help="Where tasks and results are kept; a folder per service by default."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="How many tasks run at once; as many as CPUs by default."),
    ] = None,
    gpus: Annotated[
        str, typer.Option(help="The GPUs that tasks may use, by number or UUID: 0,1.")
    ] = "",
) -> None:
    """Serve services on this machine: the same tasks, states and HTTP API as on a cluster.

    What was accepted survives a crash: call it again with the same data folder.

    Example: taskyard serve service.py --port 3000
    """
    with _told_in_a_sentence():
        folder = data.absolute() if data else None
        served = find_services(targets)
        options = ["--port", str(port), "--host", host, "--gpus", gpus]
        options += ["--workers", str(workers)] if workers else []
        become_server(served, folder or data_folder(served), options)


@contextmanager
def _told_in_a_sentence() -> Iterator[None]:
    """Failures that are not ours, as one sentence each."""
    try:
        yield
    except (CannotServe, EntrypointError) as error:
        raise _failed(error, code=2) from error
    except (ManifestError, OSError, UnicodeDecodeError) as error:
        raise _failed(error, code=1) from error


def _failed(why: object, code: int) -> typer.Exit:
    _to_people(f"Error: {why}")
    return typer.Exit(code)


def _to_people(sentence: str) -> None:
    """To standard error, since standard output is for the manifest."""
    Console(stderr=True, soft_wrap=True).print(sentence, markup=False, highlight=False)
