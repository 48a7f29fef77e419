"""The entry of the runner: a ticket in, a report out, exit code 0 for success."""

import os
import sys

from taskyard_runtime.cancellation import Cancellation


def main() -> int:
    """Run the attempt that the ticket in the environment describes, or those that a server orders."""
    # First of all: a first process of a container that has no handler does not hear SIGTERM.
    cancellation = Cancellation()
    cancellation.install()
    if not sys.flags.safe_path:
        # The service's directory, put there by `-m`: a file `queue.py` of the user's must not be
        # taken for the standard library's by the supervisor.
        del sys.path[0]
    from taskyard_runtime.parent import ending_with_parent

    with ending_with_parent(os.environ):
        return 0 if _run(cancellation) else 1


def _run(cancellation: Cancellation) -> bool:
    from taskyard.api.runner import ORDERS_VARIABLE

    if ORDERS_VARIABLE in os.environ:
        from taskyard_runtime.orders import take_orders

        return take_orders(os.environ, cancellation)
    from taskyard_runtime.supervisor import supervise

    return supervise(os.environ, cancellation)


if __name__ == "__main__":
    sys.exit(main())
