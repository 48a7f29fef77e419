"""The `taskyard` command. Its libraries are the extra `cli`, and are imported when it runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def main() -> None:
    """Run the command; how it ends is in `taskyard.cli._exits`."""
    with _needing_the_extra():
        from taskyard.cli._app import app
        from taskyard.cli._at_gateway import PLUGIN
    app(prog_name=PLUGIN if Path(sys.argv[0]).name.startswith("kubectl-") else None)


def complete_for_kubectl() -> None:
    """Tell kubectl what may follow in a line that begins with `kubectl taskyard`."""
    with _needing_the_extra():
        from taskyard.cli._kubectl_completion import answer_to_kubectl
    sys.stdout.write(f"{answer_to_kubectl(sys.argv[1:])}\n")


@contextmanager
def _needing_the_extra() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        sys.exit(
            f"Error: {error.name} is missing; install the command with: pip install taskyard[cli]"
        )


__all__ = ["complete_for_kubectl", "main"]
