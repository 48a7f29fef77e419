"""A peer and a client of each kind, joined."""

from collections.abc import AsyncIterator, Iterator

import pytest

import taskyard

from .peer import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as peer:
        yield peer


@pytest.fixture
def client(peer: Peer) -> Iterator[taskyard.SyncHTTPClient]:
    with taskyard.SyncHTTPClient(peer.url) as client:
        yield client


@pytest.fixture
async def async_client(peer: Peer) -> AsyncIterator[taskyard.AsyncHTTPClient]:
    async with taskyard.AsyncHTTPClient(peer.url) as client:
        yield client
