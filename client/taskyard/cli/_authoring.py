"""Commands for who writes services: manifest, serve, run."""

from pathlib import Path
from typing import Annotated

import typer

from taskyard.cli._examples import examples
from taskyard.cli._exits import WrongCall, to_people, told_in_a_sentence

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
def serve(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="SERVICE...",
            help="service.py, service.py:Class, module, module:Class, or a file of TaskServices (.yaml) "
            "for which their settings hold, too; all in one folder.",
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
    warm: Annotated[
        bool | None,
        typer.Option(
            "--warm/--no-warm",
            help="Build services once, in processes that run task after task; "
            "by default those that say so.",
            show_default=False,
        ),
    ] = None,
    keep_warm: Annotated[
        float,
        typer.Option(min=0, help="Seconds that such a process stays when it has nothing to do."),
    ] = 900,
    store: Annotated[
        str,
        typer.Option(
            help="A bucket for inputs, results and logs: s3://bucket/prefix, gs://… or az://…; "
            "in the data folder by default."
        ),
    ] = "",
    reload: Annotated[
        bool,
        typer.Option(
            "--reload", help="Serve anew whenever a Python file below the folder changes."
        ),
    ] = False,
) -> None:
    """Serve services on this machine: the same tasks, states and HTTP API as on a cluster.

    What was accepted survives a crash: call it again with the same data folder.
    """
    with told_in_a_sentence():
        from taskyard.cli._serve import become_server, data_folder, find_services, modules_folder

        folder = data.absolute() if data else None
        if reload:
            from taskyard.cli._reload import in_a_child

            in_a_child(modules_folder(targets))
        served = find_services(targets).warmed(warm)
        options = ["--port", str(port), "--host", host, "--gpus", gpus]
        options += ["--keep-warm", str(keep_warm), "--store", store]
        options += ["--workers", str(workers)] if workers else []
        become_server(served, folder or data_folder(served), options)


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
