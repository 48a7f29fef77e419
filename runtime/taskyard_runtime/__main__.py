"""The entry of the runner: one ticket in, one report out, exit code 0 for success."""

import os
import sys

from taskyard_runtime.cancellation import Cancellation


def main() -> int:
    """Run the attempt that the ticket in the environment describes."""
    # First of all: a first process of a container that has no handler does not hear SIGTERM.
    cancellation = Cancellation()
    cancellation.install()
    if not sys.flags.safe_path:
        # The service's directory, put there by `-m`: a file `queue.py` of the user's must not be
        # taken for the standard library's by the supervisor.
        del sys.path[0]
    from taskyard_runtime.parent import ending_with_parent
    from taskyard_runtime.supervisor import supervise

    with ending_with_parent(os.environ):
        return 0 if supervise(os.environ, cancellation) else 1


if __name__ == "__main__":
    sys.exit(main())
