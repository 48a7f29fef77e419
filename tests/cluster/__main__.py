"""The test cluster by hand: `python -m tests.cluster up | down | status | env`."""

from __future__ import annotations

import argparse
import sys
import time

from . import cluster, control_plane, node, object_store
from .binaries import binary
from .commands import ClusterError
from .kubeconfig import api_cache, kubeconfig
from .layout import HOST_IP, REGISTRY
from .leftovers import leftovers
from .object_store import LOOPBACK, S3Server
from .processes import Process
from .sessions import keep_up


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start what does not run")
    up.add_argument("--control-plane", action="store_true", help="no node, needs no root")
    commands.add_parser("down", help="take everything away")
    commands.add_parser("status", help="say what runs")
    commands.add_parser("env", help="print the settings with which to reach it, for a shell")
    chosen = parser.parse_args()
    try:
        match chosen.command:
            case "up":
                return _up(only_control_plane=chosen.control_plane)
            case "down":
                return _down()
            case "status":
                return _status()
            case _:
                return _env()
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1


def _up(*, only_control_plane: bool) -> int:
    started = time.monotonic()
    if only_control_plane:
        cluster.up_control_plane()
        cluster.up_object_store()
    else:
        cluster.up()
    keep_up()
    print(f"cluster: up after {time.monotonic() - started:.1f} s")
    return 0


def _down() -> int:
    started = time.monotonic()
    cluster.down()
    left = leftovers()
    for line in left:
        print(f"cluster: left behind: {line}", file=sys.stderr)
    print(f"cluster: down after {time.monotonic() - started:.1f} s")
    return 1 if left else 0


def _status() -> int:
    stores = [f"object-store-{address}" for address in (LOOPBACK, HOST_IP)]
    for name in (*control_plane.NAMES, *node.NAMES, *stores):
        print(f"{name:24} {Process(name).pid() or 'down'}")
    return 0 if control_plane.running() else 1


def _env() -> int:
    if not control_plane.running():
        raise ClusterError("nothing is up")
    settings = {"KUBECONFIG": str(kubeconfig())} | api_cache()
    if node.running():
        settings["TASKYARD_TEST_REGISTRY"] = REGISTRY
        settings["TASKYARD_TEST_HOST_IP"] = HOST_IP
    for address in (HOST_IP, LOOPBACK):
        if object_store.running(address):
            settings |= _s3_settings(object_store.server(address))
            break
    for name, value in settings.items():
        print(f"export {name}={value}")
    print(f'export PATH="{binary("kubectl").parent}:$PATH"')
    return 0


def _s3_settings(server: S3Server) -> dict[str, str]:
    return {
        "TASKYARD_TEST_S3_ENDPOINT": server.endpoint,
        "TASKYARD_TEST_S3_BUCKET": server.bucket,
        "TASKYARD_TEST_S3_ACCESS_KEY": server.access_key,
        "TASKYARD_TEST_S3_SECRET_KEY": server.secret_key,
        "TASKYARD_TEST_S3_REGION": server.region,
    }


if __name__ == "__main__":
    sys.exit(main())
