"""Sends a document to the service, shows how far it is, and saves what was read.

python make_sample.py sample.tiff --pages 3
python client.py sample.tiff --url http://localhost:3000
"""

import argparse
import shutil
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
    """Read the document that the command line names."""
    parser = argparse.ArgumentParser(description="Read a multi-page TIFF or a zip of pictures.")
    parser.add_argument("document", type=Path)
    parser.add_argument("--url", default="http://localhost:3000", help="of the service")
    parser.add_argument("--out", type=Path, default=Path("pages.jsonl"))
    options = parser.parse_args()
    with taskyard.SyncHTTPClient(options.url) as client:
        task = client.read_file.submit(document=options.document)
        print("Task submitted, ID:", task.id)
        status = task.wait(on_progress=show)
        if status.value != "success":
            raise SystemExit(f"The task did not succeed: {status.message or status.value}")
        # The client's file goes with the client, so it is copied to where it is wanted.
        shutil.copyfile(task.get(), options.out)
        print("Saved", options.out)


if __name__ == "__main__":
    main()
