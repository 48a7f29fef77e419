"""The socket of a server on one machine."""

import asyncio
import socket

import pytest

from taskyard_operator.local.listening import listening


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
async def test_what_it_answers_does_not_wait_for_the_clients_acknowledgement(host: str) -> None:
    accepted = asyncio.get_running_loop().create_future()

    class Answering(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.set_result(transport.get_extra_info("socket"))

    door = listening(host, 0)
    async with await asyncio.get_running_loop().create_server(Answering, sock=door):
        with socket.create_connection(door.getsockname()[:2]):
            connection = await accepted
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_port_that_is_taken_is_an_error() -> None:
    with listening("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listening("127.0.0.1", first.getsockname()[1])
