"""Commands for who writes services: manifest, serve, run."""

from pathlib import Path
from typing import Annotated

import typer

from taskyard.cli._examples import examples
from taskyard.cli._exits import WrongCall, to_people, told_in_a_sentence
from taskyard.cli._option_groups import with_groups
from taskyard.cli._server_options import ServerOptions

app = typer.Typer()


@app.command(
    epilog=examples(
        "taskyard manifest service:ImageGeneration --image registry.example/image-generation:1",
        "taskyard manifest service:ImageGeneration --into taskservice.yaml",
    )
)
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
    with told_in_a_sentence():
        if into is None and image is None:
            raise WrongCall("say which image holds the service with --image")
        from taskyard.cli._entrypoint import load_service
        from taskyard.cli._manifest import to_manifest, to_yaml
        from taskyard.cli._rewrite import with_tasks

        service = load_service(entrypoint)
        if into is None:
            typer.echo(to_yaml(to_manifest(service, entrypoint, image or "", name)), nl=False)
            return
        before = into.read_bytes().decode()
        after = with_tasks(before, to_manifest(service, entrypoint, image or "any", name), name)
        into.write_bytes(after.encode())
        changed = "brought up to date" if after != before else "was up to date"
        to_people(f"{into} {changed}: {', '.join(service.tasks)}")


@app.command(epilog=examples("taskyard serve service.py --port 3000"))
@with_groups
def serve(
    how: ServerOptions,
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="SERVICE...",
            help="service.py, service.py:Class, module, module:Class, or a file of TaskServices (.yaml) "
            "for which their settings hold, too; all in one folder.",
        ),
    ],
) -> None:
    """Serve services on this machine: the same tasks, states and HTTP API as on a cluster.

    What was accepted survives a crash: call it again with the same data folder.
    """
    with told_in_a_sentence():
        from taskyard.cli._serve import become_server, data_folder, find_services, modules_folder

        folder = how.data.absolute() if how.data else None
        if how.reload:
            from taskyard.cli._reload import in_a_child

            in_a_child(modules_folder(targets))
        served = find_services(targets).warmed(how.warm)
        become_server(served, folder or data_folder(served), how.of_server())


@app.command(
    epilog=examples(
        'taskyard run service.py long_running_image_generation prompt="a hill" --to hill.png',
        "taskyard run service:ImageGeneration describe image=@cat.png",
    )
)
def run(
    target: Annotated[
        str,
        typer.Argument(
            metavar="SERVICE", help="service.py, service.py:Class, module or module:Class."
        ),
    ],
    task: Annotated[str, typer.Argument(metavar="TASK", help="Which of its tasks.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE...", help="Its arguments, as `taskyard submit` takes them."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="A file or folder for the result, or - for standard output.")
    ] = None,
    post_mortem: Annotated[
        bool, typer.Option("--pdb", help="Where the task raises, look around with the debugger.")
    ] = False,
) -> None:
    """Run one task in this process, without a server: breakpoints work, and nothing is stored.

    The service may be written with @taskyard.service, or with BentoML where that is installed.
    """
    with told_in_a_sentence():
        from taskyard.cli._run import run_here

        run_here(target, task, arguments or [], to=to, post_mortem=post_mortem)
