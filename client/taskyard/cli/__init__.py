"""The `taskyard` command. Its libraries are the extra `cli`, and are imported when it runs."""

import sys
from pathlib import Path


def main() -> None:
    """Run the command; how it ends is in `taskyard.cli._exits`."""
    try:
        from taskyard.cli._app import app
        from taskyard.cli._at_gateway import PLUGIN
    except ModuleNotFoundError as error:
        sys.exit(
            f"Error: {error.name} is missing; install the command with: pip install taskyard[cli]"
        )
    app(prog_name=PLUGIN if Path(sys.argv[0]).name.startswith("kubectl-") else None)


__all__ = ["main"]
