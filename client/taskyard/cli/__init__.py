"""The `taskyard` command. Its libraries are the extra `cli`, and are imported when it runs."""

import sys


def main() -> None:
    """Run the command; the exit code is 2 for a wrong call and 1 for anything else that fails."""
    try:
        from taskyard.cli._app import app
    except ModuleNotFoundError as error:
        sys.exit(
            f"Error: {error.name} is missing; install the command with: pip install taskyard[cli]"
        )
    app()


__all__ = ["main"]
