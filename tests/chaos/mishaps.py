"""What may happen to a request on its way to the API server, or to the answer on its way back."""

from __future__ import annotations

import asyncio

from aiohttp import web

from tests.controller.api_door import Mishap, Passage, abort


def answered(status: int, *, retry_after: int | None = None) -> Mishap:
    """It is answered with an error, worded as the API server words it, and nothing is done."""
    said = {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": f"the door answers {status}", "code": status,
    }  # fmt: skip
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    async def mishap(_: Passage) -> web.StreamResponse:
        return web.json_response(said, status=status, headers=headers)

    return mishap


async def cut_off(passage: Passage) -> web.StreamResponse:
    """The connection breaks before the API server hears of it."""
    abort(passage.request)
    return web.Response()


async def done_and_cut_off(passage: Passage) -> web.StreamResponse:
    """The API server does it, and the connection breaks before its answer."""
    await passage.ask()
    abort(passage.request)
    return web.Response()


async def done_and_never_answered(passage: Passage) -> web.StreamResponse:
    """The API server does it, and the answer never comes; the connection stays."""
    await passage.ask()
    await asyncio.sleep(3600)  # cancelled when whoever asked has given up
    return web.Response()
