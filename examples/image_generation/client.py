"""Asks the service for a picture, shows how far it is, and saves the picture.

python client.py "a scenic mountain view that glows at sunset" --url http://localhost:3000
"""

import argparse
from pathlib import Path

import taskyard


def show(status: taskyard.TaskStatus) -> None:
    """Tell how far the task is."""
    progress = status.progress
    if progress is not None and not status.finished:
        print(f"{progress.fraction or 0.0:4.0%}  {progress.message}", flush=True)
    else:
        print(f"      {status}", flush=True)


def main() -> None:
    """Generate the picture that the command line asks for."""
    parser = argparse.ArgumentParser(description="Generate a picture from a prompt.")
    parser.add_argument("prompt")
    parser.add_argument("--seed", type=int, default=0, help="another one gives another picture")
    parser.add_argument("--url", default="http://localhost:3000", help="of the service")
    parser.add_argument("--out", type=Path, default=Path("picture.png"))
    options = parser.parse_args()
    with taskyard.SyncHTTPClient(options.url) as client:
        task = client.long_running_image_generation.submit(prompt=options.prompt, seed=options.seed)
        print("Task submitted, ID:", task.id)
        status = task.wait(on_progress=show)
        if status.value != "success":
            raise SystemExit(f"The task did not succeed: {status.message or status.value}")
        task.get().save(options.out)
        print("Saved", options.out)


if __name__ == "__main__":
    main()
