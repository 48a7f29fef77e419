"""A runner on one machine: attempts come one after another from the server that has started it.

The socket in `ORDERS_VARIABLE` carries lines. To the runner: an order, as `Order` has it. Back, once its
attempt is over and another one can be taken: the exit code that the attempt alone would have had. A
runner that can take no other ends, with that exit code.
"""

import os
import socket
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

from taskyard.api.runner import ORDERS_VARIABLE, Order
from taskyard_runtime.cancellation import Cancellation, Interrupted
from taskyard_runtime.supervisor import Supervisor


def take_orders(environment: MutableMapping[str, str], cancellation: Cancellation) -> bool:
    """Run what is ordered, until there is no more or no worker for it; whether the last one succeeded."""
    channel = socket.socket(fileno=int(environment.pop(ORDERS_VARIABLE)))
    channel.set_inheritable(False)
    succeeded = True
    with channel, Supervisor(environment, cancellation) as supervisor:
        for order in _orders(channel, cancellation):
            _print_to(Path(order.output))
            succeeded = supervisor.run(order.ticket, Path(order.report), order.stays)
            if not supervisor.kept:
                return succeeded
            with suppress(OSError):  # the server has died, and the next read says so
                channel.sendall(b"0\n" if succeeded else b"1\n")
    return succeeded


def _orders(channel: socket.socket, cancellation: Cancellation) -> Iterator[Order]:
    with channel.makefile("rb") as lines:
        while True:
            try:
                with cancellation.interrupting():
                    line = lines.readline()
            except (Interrupted, OSError):
                return
            if not line:
                return
            yield Order.from_json(line)


def _print_to(file: Path) -> None:
    """Send what the runner prints to the output of its attempt."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
