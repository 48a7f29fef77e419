"""Runs in an environment of BentoML, and has its unmodified clients do what the tests say.

A line of JSON on standard input is one call, a line on standard output what came of it. Values which JSON
lacks travel as `{"$kind": ...}`. Nothing here is of Taskyard, and of BentoML only what its users import.
"""

# mypy: ignore-errors

import asyncio
import inspect
import json
import sys
import time
from pathlib import Path
from typing import Any

import bentoml
import numpy
import pandas
import PIL.Image


class Drive:
    """One client of each kind and address, made when it is first asked for."""

    def __init__(self) -> None:
        self.clients = {}

    async def client(self, kind: str, url: str, **options: Any) -> Any:
        key = (kind, url, json.dumps(options))
        if key not in self.clients:
            if kind == "sync":
                self.clients[key] = await asyncio.to_thread(bentoml.SyncHTTPClient, url, **options)
            else:
                self.clients[key] = await bentoml.AsyncHTTPClient(url, **options).__aenter__()
        return self.clients[key]

    async def do(self, told: Any) -> Any:
        options = told.get("options", {})
        client = await self.client(told["client"], told["url"], **options)
        if told.get("remedy"):
            client._opened_files = []
        if told["do"] == "endpoints":
            return sorted(client.endpoints)
        if told["do"] == "many":
            return await self.many(client, told["calls"])
        endpoint = getattr(client, told["task"])
        if told["do"] == "call":
            return await done(endpoint, *arguments(told))
        if told["do"] == "submit":
            return (await done(endpoint.submit, *arguments(told))).id
        outcome = await done(getattr(endpoint, told["do"]), [told["id"]], {})
        if told["do"] == "get_status":
            return outcome.value
        return outcome.id if told["do"] == "retry" else outcome

    async def many(self, client: Any, calls: Any) -> list[Any]:
        """Submit all, and fetch each when it has ended."""
        tasks = [await done(getattr(client, c["task"]).submit, *arguments(c)) for c in calls]
        results = []
        for task in tasks:
            end = time.monotonic() + 120
            while (await done(task.get_status, [], {})).value in ("pending", "in_progress"):
                assert time.monotonic() < end, "it has not ended"
                await asyncio.sleep(0.2)
            results.append(await outcome_of(done(task.get, [], {})))
        return results


async def done(method: Any, args: Any, kwargs: Any) -> Any:
    """Call it, whichever kind of client it is of."""
    outcome = method(*args, **kwargs)
    return await outcome if inspect.isawaitable(outcome) else outcome


async def outcome_of(awaitable: Any) -> Any:
    try:
        return {"value": shown(await awaitable)}
    except Exception as error:  # any: which one is what the test wants to know
        code = getattr(error, "error_code", None)
        return {"error": type(error).__name__, "code": code and int(code), "message": str(error)}


def arguments(told: Any) -> Any:
    args = [meant(value) for value in told.get("args", [])]
    return args, {name: meant(value) for name, value in told.get("kwargs", {}).items()}


def meant(value: Any) -> Any:
    """An argument as a user of BentoML has it."""
    if isinstance(value, list):
        return [meant(item) for item in value]
    if not isinstance(value, dict):
        return value
    match list(value):
        case ["$path"]:
            return Path(value["$path"])
        case ["$picture"]:
            return PIL.Image.open(value["$picture"])
        case ["$array"]:
            return numpy.array(value["$array"])
        case ["$frame"]:
            return pandas.DataFrame(value["$frame"])
    return value


def shown(value: Any) -> Any:
    """A result as JSON, with its type where that is not JSON's."""
    match value:
        case PIL.Image.Image():
            return {"$picture": [value.format, value.mode, *value.size]}
        case Path():
            return {"$path": [value.suffix, value.read_text()]}
        case bytes():
            return {"$bytes": value.decode("latin-1")}
        case numpy.ndarray():
            return {"$array": value.tolist()}
        case pandas.DataFrame():
            return {"$frame": value.to_dict("records")}
        case None | bool() | int() | float() | str() | list() | dict():
            return value
    return {"$other": repr(value)}


async def main() -> None:
    drive = Drive()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await outcome_of(drive.do(json.loads(line)))), flush=True)


asyncio.run(main())
