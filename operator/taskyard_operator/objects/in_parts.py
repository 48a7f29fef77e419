"""An upload in parts, of which nothing is left where it is broken off."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import obstore

from taskyard_operator.objects.measured import Measured

if TYPE_CHECKING:  # it exists in obstore's stubs only
    from obstore import SignCapableStore

PART_BYTES = 8 * 1024**2
"""Part of a multipart upload: with two in flight a body of any size costs some 20 MB of memory."""
_PARTS_IN_FLIGHT = 2
_BREAK_OFF_SECONDS = 5.0
"""Longest wait for the removal of the parts of an upload that is cancelled."""


async def put_in_parts(store: "SignCapableStore", key: str, start: bytes, rest: Measured) -> None:
    """Store a body of which the start is there already.

    Where `rest` raises, obstore removes the parts. Where it is itself cancelled it leaves them, and no list
    shows them: so what is cancelled here is the reading of the body.
    """
    upload = asyncio.ensure_future(
        obstore.put_async(
            store,
            key,
            _joined(start, rest),
            chunk_size=PART_BYTES,
            max_concurrency=_PARTS_IN_FLIGHT,
        )
    )
    try:
        await asyncio.shield(upload)
    except asyncio.CancelledError:
        rest.break_off()
        await asyncio.wait([upload], timeout=_BREAK_OFF_SECONDS)
        raise


async def _joined(start: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield start
    async for chunk in rest:
        yield chunk
