"""TaskRuns as they are made without a gateway, with no more in them than there has to be."""

from __future__ import annotations

import aiohttp

from taskyard.api.names import API_VERSION
from taskyard.api.taskrun import TaskRun

from .api import Api, Json, NoAnswer, at_once

SERVICE = "trivial"
ENDED: Json = {"phase": "Succeeded", "attempt": 1, "finishedAt": "2026-01-01T00:00:00Z"}
"""The status of a run that has ended."""


def collection(namespace: str) -> str:
    """The path of all TaskRuns of a namespace."""
    return f"/apis/{API_VERSION}/namespaces/{namespace}/{TaskRun.PLURAL}"


def manifest(name: str, number: int) -> Json:
    """A call of the trivial task."""
    spec = {"service": SERVICE, "task": "add", "input": {"inline": {"a": number}}}
    return {
        "apiVersion": API_VERSION,
        "kind": TaskRun.KIND,
        "metadata": {"name": name},
        "spec": spec,
    }


async def create_ended(api: Api, path: str, number: int) -> None:
    """Make runs that have ended."""

    async def create(each: int) -> None:
        name = f"past-{each}"
        await api.create(path, manifest(name, each))
        await api.patch(f"{path}/{name}/status", {"status": ENDED})

    await at_once(range(number), create)


async def delete_all(api: Api, path: str) -> None:
    """Delete them by a few requests: with the namespace it would take minutes."""

    async def empty() -> bool:
        try:
            await api.delete(path)
        except (NoAnswer, aiohttp.ClientError):
            return False  # after a minute the API server breaks off, and has deleted part of them
        return not (await api.get(path, limit="1"))["items"]

    await api.until(empty, f"{path} is empty")
