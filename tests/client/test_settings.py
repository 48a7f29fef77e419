"""What a client is told when it is made: tokens, certificates, proxies; and where it may go afterwards."""

import os
import pickle
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from fastapi import Response

import taskyard

from .peer import Peer, cut_off


def test_a_token_file_is_read_for_every_request(peer: Peer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    with taskyard.SyncHTTPClient(peer.url, token_file=token) as client:
        client.raw.submit()
        token.write_text("second\n")
        client.raw.submit()

    sent = [seen.headers["authorization"] for seen in peer.requests("/raw/submit")]
    assert sent == ["Bearer first", "Bearer second"]


async def test_the_asynchronous_client_reads_it_too(peer: Peer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret")
    async with taskyard.AsyncHTTPClient(peer.url, token_file=str(token)) as client:
        await client.raw.submit()

    assert peer.requests("/raw/submit")[0].headers["authorization"] == "Bearer s3cret"


def test_a_token_file_that_is_not_there_is_named(peer: Peer, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    client = taskyard.SyncHTTPClient(peer.url, token_file=missing)

    with client, pytest.raises(taskyard.TaskyardError, match=str(missing)):
        client.raw.submit()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"token": "a", "token_file": "b"}, "not both"),
        ({"max_connections": 0}, "max_connections must be 1 or more"),
        ({"verify": "/nowhere/ca.pem"}, "no authorities at /nowhere/ca.pem"),
        ({"proxy": "gopher://host"}, "gopher"),
    ],
)
def test_what_makes_no_sense_is_told_when_the_client_is_made(
    options: dict[str, object], told: str
) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=told):
        taskyard.SyncHTTPClient("http://host", **options)  # type: ignore[arg-type]


@pytest.fixture
def trusted(tmp_path: Path) -> Iterator[tuple[Peer, Path]]:
    """A peer behind TLS, and the file with the authority that signed its certificate."""
    authority = trustme.CA()
    own, ours = tmp_path / "own.pem", tmp_path / "ca.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(own))
    authority.cert_pem.write_to_path(str(ours))
    with Peer(certificate=own) as peer:
        yield peer, ours


def test_a_file_of_authorities_is_trusted_and_without_it_nobody_unknown(
    trusted: tuple[Peer, Path],
) -> None:
    peer, authorities = trusted
    with taskyard.SyncHTTPClient(peer.url, verify=authorities) as client:
        assert client.raw.submit().id

    with (
        taskyard.SyncHTTPClient(peer.url) as stranger,
        pytest.raises(taskyard.APIConnectionError, match="certificate"),
    ):
        stranger.raw.submit()


def test_a_proxy_is_asked_for_the_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with cut_off() as (proxy, heard):
        client = taskyard.SyncHTTPClient("http://nowhere.test", proxy=proxy, server_ready_timeout=0)
        with client, pytest.raises(taskyard.APIConnectionError):
            client.raw.submit()

    assert heard[0].startswith(b"GET http://nowhere.test/schema.json")


def test_connections_are_used_again_and_are_no_more_than_allowed(peer: Peer) -> None:
    with taskyard.SyncHTTPClient(peer.url, max_connections=1) as client:
        for _ in range(5):
            client.raw.submit()

    assert len({seen.client for seen in peer.seen}) == 1


def test_a_pickled_task_is_the_same_task_elsewhere(peer: Peer) -> None:
    with taskyard.SyncHTTPClient(peer.url, token="s3cret") as client:
        task = client.raw.submit()
        there = pickle.loads(pickle.dumps(task))

        assert there == task
        assert there.get_status() == "success"
        assert there.retry().id
    there.endpoint.runner.close()
    asked = peer.requests("/raw/status")[0]
    assert asked.headers["authorization"] == "Bearer s3cret"


async def test_a_pickled_task_of_the_asynchronous_client_can_be_awaited(peer: Peer) -> None:
    async with taskyard.AsyncHTTPClient(peer.url) as client:
        task = await client.raw.submit()
        peer.runs[task.id].result = Response(b"else", media_type="application/octet-stream")

        there = pickle.loads(pickle.dumps(task))

        assert await there == b"else"
        await there.endpoint.runner.close()


def test_tasks_pickled_together_share_one_client(client: taskyard.SyncHTTPClient) -> None:
    first, second = pickle.loads(pickle.dumps([client.raw.task("a"), client.raw.task("b")]))

    assert first.endpoint.runner is second.endpoint.runner


def test_a_tls_context_cannot_go_elsewhere_and_the_error_says_what_can(peer: Peer) -> None:
    client = taskyard.SyncHTTPClient(peer.url, verify=ssl.create_default_context())

    with client, pytest.raises(TypeError, match="give `verify` the path of a file"):
        pickle.dumps(client)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_makes_connections_of_its_own_and_leaves_files_alone(peer: Peer) -> None:
    with taskyard.SyncHTTPClient(peer.url) as client:
        path = client.convert.get("a")

        child = os.fork()
        if child == 0:
            try:
                client.raw.submit()
                client.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        client.raw.submit()

        assert path.exists()
        mine, its = peer.requests("/raw/submit")[1], peer.requests("/raw/submit")[0]
        assert mine.client == peer.requests("/convert/get")[0].client
        assert its.client != mine.client
