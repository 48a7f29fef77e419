"""A large file through the gateway, up and down: what it costs it of memory, and how fast it is."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server
from tests.cluster.proxy import proxied
from tests.controller.definitions import install
from tests.gateway.bodies import FORM, Part, form
from tests.gateway.place import Place
from tests.gateway.process import Gateway
from tests.gateway.studio import Studio, manifest

from .figures import Figure

MB, MIB = 10**6, 1024**2
SIZE = 500 * MB
BLOCK = b"Taskyard" * 125_000
MOST_MEMORY = 100
"""MiB above idle, as promised."""
_HEADERS = {"content-type": FORM}


async def measure(plane: ControlPlane, store: S3Server) -> list[Figure]:
    """Each way by a gateway of its own, whose highest memory is then that of this way."""
    return await asyncio.to_thread(_measured, plane, store)


def _measured(plane: ControlPlane, store: S3Server) -> list[Figure]:
    kubectl = Kubectl(plane.kubeconfig)
    with proxied(kubectl) as api:
        place = Place(f"transfer-{secrets.token_hex(4)}", kubectl, store, api)
        return _measured_in(place, plane.kubeconfig)


def _measured_in(place: Place, kubeconfig: Path) -> list[Figure]:
    install(place.kubectl)
    place.kubectl("create", "namespace", place.namespace)
    try:
        place.kubectl.apply(manifest(Studio, "studio"), namespace=place.namespace)
        with _gateway(place, kubeconfig) as gateway:
            up = _up(gateway, place)
        with _gateway(place, kubeconfig) as gateway:
            down = _down(gateway, place)
        return [*up, *down]
    finally:
        place.kubectl("delete", "namespace", place.namespace, "--wait=false")
        place.clear()


@contextmanager
def _gateway(place: Place, kubeconfig: Path) -> Iterator[Gateway]:
    """A gateway that has loaded what a transfer needs."""
    settings = {
        "storage": place.storage(),
        "metrics": {"port": 0},
        "gateway": {"namespace": place.namespace},
    }
    variables = place.variables(kubeconfig)
    with TemporaryDirectory() as folder, Gateway(Path(folder), settings, variables) as gateway:
        small = form(Part("document", b"x", "x.txt"))
        with gateway.client() as http:
            http.post("/convert/submit", content=small, headers=_HEADERS).raise_for_status()
        yield gateway


def _up(gateway: Gateway, place: Place) -> list[Figure]:
    head, tail = form(Part("document", b"|", "large.bin")).split(b"|")
    digest = hashlib.sha256()

    def body() -> Iterator[bytes]:
        for piece in (head, *[BLOCK] * (SIZE // len(BLOCK)), tail):
            digest.update(piece)
            yield piece

    idle, began = gateway.memory().now, time.monotonic()
    with gateway.client() as http:
        answer = http.post("/convert/submit", content=body(), headers=_HEADERS).raise_for_status()
    seconds = time.monotonic() - began
    stored = place.run(answer.json()["task_id"])["spec"]["input"]["object"]
    assert stored["sha256"] == digest.hexdigest() == place.digest(stored["key"])
    return _figures("up", gateway.memory().peak - idle, seconds)


def _down(gateway: Gateway, place: Place) -> list[Figure]:
    digest = hashlib.sha256()
    with gateway.client() as http:
        answer = http.post("/echo/submit", json={"value": 1}).raise_for_status()
        task_id = answer.json()["task_id"]
        place.succeed(task_id, BLOCK * (SIZE // len(BLOCK)), "application/octet-stream")
        idle, began = gateway.memory().now, time.monotonic()
        with http.stream("GET", "/echo/get", params={"task_id": task_id}) as result:
            for chunk in result.iter_raw():
                digest.update(chunk)
    seconds = time.monotonic() - began
    assert digest.hexdigest() == result.headers["etag"].strip('"')
    return _figures("down", gateway.memory().peak - idle, seconds)


def _figures(way: str, memory: int, seconds: float) -> list[Figure]:
    of = f"{SIZE // MB} MB {way}"
    return [
        Figure(f"{of}: memory above idle", memory / MIB, "MiB", at_most=MOST_MEMORY),
        Figure(f"{of}: rate", SIZE / MB / seconds, "MB/s"),
    ]
