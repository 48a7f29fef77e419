"""`make demo`: a task on this machine, from `taskyard serve` to a picture that outlives its server.

No cluster and no root. It serves the example service, runs the client code of the reference document with
a progress display, kills the server with SIGKILL, and fetches the same picture from the next one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import PIL.Image
from rich.console import Console

import taskyard
from tests.local.serving import taskyard_serve

SERVICE = Path(__file__).parents[1] / "examples" / "image_generation" / "service.py"
PROMPT = "a scenic mountain view that mirrors in a quiet lake at sunset"
PATIENCE = 300
"""Seconds that the picture may take."""


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("demo.png"), help="of the picture")
    parser.add_argument("--size", default="768x512", help="of the picture, in pixels")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="taskyard-demo-") as folder:
        return _show(Console(soft_wrap=True), Path(folder) / "data", options.output, width, height)


def _show(console: Console, data: Path, output: Path, width: int, height: int) -> int:
    console.print(f"[bold]1.[/bold] taskyard serve {SERVICE.relative_to(SERVICE.parents[2])}")
    with (
        taskyard_serve(data, module=SERVICE) as server,
        taskyard.SyncHTTPClient(server.url) as client,
    ):
        console.print(
            f'[bold]2.[/bold] client.long_running_image_generation.submit(prompt="{PROMPT}")'
        )
        task = client.long_running_image_generation.submit(
            prompt=PROMPT, width=width, height=height
        )
        console.print(f"Task submitted, ID: {task.id}")
        status = task.wait(PATIENCE, progress_bar=True)
        if status.value != "success":
            console.print(f"[red]The task ended as {status.phase}: {status.message}[/red]")
            return 1
        picture = task.get()
        picture.save(output)
        console.print(f"[bold]3.[/bold] The picture is in {output.resolve()}")
        console.print("[bold]4.[/bold] kill -9, and taskyard serve again")
        server.kill()
    with (
        taskyard_serve(data, module=SERVICE) as server,
        taskyard.SyncHTTPClient(server.url) as client,
    ):
        again = client.long_running_image_generation.get(task.id)
    if _pixels(again) != _pixels(picture):
        console.print("[red]It is another picture than before.[/red]")
        return 1
    console.print(f"[bold]5.[/bold] Task {task.id} is still there, and so is its picture.")
    return 0


def _pixels(picture: PIL.Image.Image) -> bytes:
    content = BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


if __name__ == "__main__":
    sys.exit(main())
