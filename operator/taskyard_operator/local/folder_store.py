"""The `ObjectStore` port on a folder of this machine, whose objects runners reach through the server."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from taskyard_operator.local.signed_urls import SignedUrls
from taskyard_operator.objects.store import BucketStore
from taskyard_operator.ports import Missing, ObjectStore
from taskyard_operator.settings import StorageSettings

_PORTION = 1000


class FolderSettings(StorageSettings):
    """A folder in place of a bucket."""

    url: Annotated[str, Field(pattern=r"^file:///\S*$")]


class FolderStore(BucketStore):
    """Objects as files; the URLs for them are ours, as no folder can sign any."""

    def __init__(self, folder: Path, urls: SignedUrls) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(FolderSettings(url=folder.absolute().as_uri()))
        self._urls = urls

    async def list(self, folder: str, start_after: str = "") -> AsyncIterator[Sequence[str]]:
        """The keys below a folder; see `ObjectStore.list`. A file system tells them in any order."""
        keys = sorted(
            [key async for portion in super().list(folder, start_after) for key in portion]
        )
        for start in range(0, len(keys), _PORTION):
            yield keys[start : start + _PORTION]

    async def _sign(self, method: Any, key: str) -> str:
        return self._urls.url(method, key, datetime.now(UTC))


def object_routes(objects: ObjectStore, urls: SignedUrls) -> APIRouter:
    """What the signed URLs lead to: read one object, or write it."""
    router = APIRouter()

    def signed(
        key: str,
        request: Request,
        expires: Annotated[str, Query()] = "",
        signature: Annotated[str, Query()] = "",
    ) -> str:
        if not urls.allows(request.method, key, expires, signature, datetime.now(UTC)):
            raise HTTPException(403, "this URL is not good, or not any more")
        return key

    Key = Annotated[str, Depends(signed)]  # noqa: N806 - a type

    @router.get("/objects/{key:path}")
    async def read(allowed: Key) -> Response:
        body = objects.get(allowed)
        try:
            first = await anext(body, b"")
        except Missing:
            raise HTTPException(404, "there is no such object") from None

        async def whole() -> AsyncIterator[bytes]:
            yield first
            async for chunk in body:
                yield chunk

        return StreamingResponse(whole(), media_type="application/octet-stream")

    @router.put("/objects/{key:path}")
    async def write(allowed: Key, request: Request) -> Response:
        await objects.put(allowed, request.stream())
        found = await objects.look_up(allowed)
        return Response(status_code=200, headers={"etag": found.e_tag or ""})

    return router
