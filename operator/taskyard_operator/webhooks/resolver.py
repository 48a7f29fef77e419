"""Finding the addresses of hosts, so that names which are slow to resolve hold up no others."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

_THREADS_PER_DELIVERY = 4
"""A name may take some 30 s (three servers that do not answer, each asked twice for 5 s), and who asked has
given up by then and asks for the next: so there are more threads than deliveries at once."""


class Resolver:
    """Asks the system for addresses, at any time once for each host.

    That can be neither broken off nor bounded: whoever waits no longer leaves a thread behind. So all who
    ask for a host meanwhile wait for the same answer, and a name that gets none holds one thread.

    Args:
        at_a_time: the most deliveries at once.
    """

    def __init__(self, at_a_time: int) -> None:
        # Threads of its own: what else waits for one must not be held up either.
        most = at_a_time * _THREADS_PER_DELIVERY
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="resolve")
        self._under_way: dict[str, asyncio.Future[list[str]]] = {}

    def close(self) -> None:
        """Wait for no answer any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def addresses(self, host: str) -> list[str]:
        """The addresses of a host, IPv4 first: it is more often routed.

        Raises:
            OSError, UnicodeError: there are none.
        """
        answer = self._under_way.get(host)
        if answer is None:
            loop = asyncio.get_running_loop()
            answer = loop.run_in_executor(self._threads, _resolved, host)
            self._under_way[host] = answer
            answer.add_done_callback(lambda done: self._ended(host, done))
        return await asyncio.shield(answer)

    def _ended(self, host: str, done: asyncio.Future[list[str]]) -> None:
        del self._under_way[host]
        if not done.cancelled():
            done.exception()  # It is known, also where nobody waits for it any more.


def _resolved(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    by_version = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in by_version))
