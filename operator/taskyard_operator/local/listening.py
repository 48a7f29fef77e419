"""The socket that a server on one machine listens on, had before anything else is done."""

import socket


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens, on all that `host` names first; with port 0 at one that is free.

    Raises:
        OSError: the port is taken, or there is no such host.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
    )[0]
    # Not by `socket.create_server`: it makes one of protocol 0, and asyncio puts TCP_NODELAY only on
    # those that say TCP. Without it, an answer waits up to 40 ms for the client's acknowledgement.
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except BaseException:
        made.close()
        raise
    return made
