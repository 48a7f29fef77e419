"""Large files never fill memory: measured in a process of its own, as the kernel counts it."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import Response
from fastapi.responses import FileResponse

import taskyard

from .peer import Peer

MIB = 1024 * 1024
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
import taskyard

def memory(field):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024

def idle():
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    return memory("VmRSS")

def tell(before, result):
    print(json.dumps({"above_idle": memory("VmHWM") - before, "size": size(result)}))

def size(result):
    if isinstance(result, Path):
        return result.stat().st_size
    return len(result) if isinstance(result, bytes) else 0

url, kind, path = sys.argv[1:]
calls = {
    "upload": lambda client: client.convert.submit(path),
    "download": lambda client: client.convert.get("big"),
    "bytes": lambda client: client.raw.get("big"),
}
def blocking():
    with taskyard.SyncHTTPClient(url) as client:
        dir(client)
        tell(idle(), calls[kind](client))

async def asynchronous():
    async with taskyard.AsyncHTTPClient(url) as client:
        before = idle()
        # Not handed to asyncio.run: that one builds the repr of what it is given back.
        tell(before, await calls[kind.removeprefix("async ")](client))

asyncio.run(asynchronous()) if kind.startswith("async ") else blocking()
"""


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """200 MB, mostly holes."""
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.write(b"head")
        file.truncate(200_000_000 - 4)
        file.seek(0, 2)
        file.write(b"tail")
    return path


def run(peer: Peer, kind: str, path: Path) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, peer.url, kind, str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    measured: dict[str, int] = json.loads(done.stdout)
    print(kind, measured)
    return measured


@pytest.mark.parametrize("kind", ["upload", "async upload"])
def test_an_upload_of_200_megabytes_is_streamed(peer: Peer, big: Path, kind: str) -> None:
    measured = run(peer, kind, big)

    seen = peer.requests("/convert/submit")[0]
    assert seen.size > 200_000_000
    assert int(seen.headers["content-length"]) == seen.size
    assert measured["above_idle"] < 60 * MIB


@pytest.mark.parametrize("kind", ["download", "async download"])
def test_a_file_result_of_200_megabytes_is_streamed(peer: Peer, big: Path, kind: str) -> None:
    peer.runs["big"].result = FileResponse(big, filename="big.bin")

    measured = run(peer, kind, big)

    assert measured["size"] == 200_000_000
    assert measured["above_idle"] < 60 * MIB


@pytest.mark.parametrize("kind", ["bytes", "async bytes"])
def test_bytes_are_in_memory_once(peer: Peer, big: Path, kind: str) -> None:
    peer.runs["big"].result = FileResponse(big)

    measured = run(peer, kind, big)

    assert measured["size"] == 200_000_000
    assert measured["above_idle"] < 200_000_000 + 60 * MIB


def test_what_was_sent_is_what_the_file_holds(peer: Peer, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(range(256)) * 4096 * 2)
    peer.runs["r"].result = Response(path.read_bytes())
    with taskyard.SyncHTTPClient(peer.url) as client:
        client.convert.submit(path)
        back: Path = client.convert.get("r")

        sent = peer.requests("/convert/submit")[0].parts["doc"][0][2]
        digests = {
            hashlib.sha256(data).hexdigest()
            for data in (sent, back.read_bytes(), path.read_bytes())
        }
    assert len(digests) == 1
