"""The `ObjectStore` port on obstore."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    NotModifiedError,
    NotSupportedError,
    PreconditionError,
)

from taskyard_operator.objects.asking import Answered, ask
from taskyard_operator.objects.bucket import opened
from taskyard_operator.objects.in_parts import PART_BYTES, put_in_parts
from taskyard_operator.objects.measured import Measured
from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.ports import (
    Conflict,
    FoundEnd,
    FoundObject,
    Missing,
    StoredBody,
    Unavailable,
)

if TYPE_CHECKING:  # these exist in obstore's stubs only
    from obstore import GetOptions, GetResult

T = TypeVar("T")

_RANGE_BYTES = 4 * 1024**2
"""So much of an object is read with one request, and held in memory for each reader."""
_CHUNK_BYTES = 256 * 1024
_LIST_PORTION = 200


class BucketStore:
    """Objects below the prefix of one bucket; `answered` is told of all requests."""

    def __init__(self, settings: StorageSettings, answered: Answered = lambda *_: None) -> None:
        self._answered = answered
        self._store = opened(settings)
        self._url_lifetime = settings.url_lifetime

    async def put(self, key: str, body: AsyncIterator[bytes]) -> StoredBody:
        """Store a body as it comes; see `ObjectStore.put`.

        One that fits into a part costs one request, and not the three of a multipart upload; where
        its iterator raises, the store has not been asked for anything.
        """
        chunks = Measured(body)
        start = bytearray()
        async for chunk in chunks:
            start += chunk
            if len(start) >= PART_BYTES:
                break
        if len(start) < PART_BYTES:
            await self.put_bytes(key, bytes(start))
        else:
            await self._ask("put", put_in_parts(self._store, key, bytes(start), chunks))
        return chunks.so_far()

    async def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The body of an object; see `ObjectStore.get`.

        In ranges, each read whole: the store's time limit counts from a request to the end of its
        answer, and who takes the chunks may be slow.
        """
        found = await self._ask("head", obstore.head_async(self._store, key))
        stop = found["size"] if end is None else min(end, found["size"])
        for begin in range(start, stop, _RANGE_BYTES):
            options: GetOptions = {"range": (begin, min(begin + _RANGE_BYTES, stop))}
            if found["e_tag"]:
                options["if_match"] = found["e_tag"]
            answer = await self._get(key, options)
            part = memoryview(await self._ask("read", answer.bytes_async()))
            for at in range(0, len(part), _CHUNK_BYTES):
                yield bytes(part[at : at + _CHUNK_BYTES])

    async def get_small(self, key: str, limit: int) -> bytes:
        """The first bytes of an object; see `ObjectStore.get_small`."""
        return await self._read(await self._get(key, {"range": (0, limit)}))

    async def get_end(self, key: str, limit: int) -> bytes:
        """The last bytes of an object; see `ObjectStore.get_end`."""
        try:
            answer = await self._get(key, {"range": {"suffix": limit}})
        except Unavailable as error:
            if not _has_no_such_end(error.__cause__):
                raise
            size = (await self._ask("head", obstore.head_async(self._store, key)))["size"]
            if size == 0:
                return b""
            answer = await self._get(key, {"range": (max(0, size - limit), size)})
        return await self._read(answer)

    async def end_unless(self, key: str, limit: int, e_tag: str | None) -> FoundEnd | None:
        """The last bytes of an object that has changed; see `ObjectStore.end_unless`.

        Not all stores know such conditions, so the tag of what came is looked at, too.
        """
        options: GetOptions = {"range": {"suffix": limit}}
        if e_tag:
            options["if_none_match"] = e_tag
        try:
            answer = await self._get(key, options)
        except Unavailable as error:
            if isinstance(error.__cause__, NotModifiedError):
                return None
            if not _has_no_such_end(error.__cause__):
                raise
            return await self._end_by_size(key, limit, e_tag)
        size, found = answer.meta["size"], answer.meta["e_tag"]
        if e_tag and found == e_tag:
            return None
        return FoundEnd(await self._read(answer), size, found)

    async def _end_by_size(self, key: str, limit: int, e_tag: str | None) -> FoundEnd | None:
        found = await self._ask("head", obstore.head_async(self._store, key))
        size, now = found["size"], found["e_tag"]
        if e_tag and now == e_tag:
            return None
        body = await self.part(key, max(0, size - limit), size, now) if size else b""
        return FoundEnd(body, size, now)

    async def part(self, key: str, start: int, stop: int, e_tag: str | None) -> bytes:
        """A range of an object; see `ObjectStore.part`."""
        options: GetOptions = {"range": (start, stop)}
        if e_tag:
            options["if_match"] = e_tag
        try:
            answer = await self._get(key, options)
        except Unavailable as error:
            if isinstance(error.__cause__, PreconditionError):
                raise Conflict("the object has changed") from error
            raise
        return await self._read(answer)

    async def look_up(self, key: str, body_up_to: int = 0) -> FoundObject:
        """An object; see `ObjectStore.look_up`. Without a range, as an empty object has none."""
        answer = await self._get(key, {"head": body_up_to == 0})
        size, body = answer.meta["size"], None
        if body_up_to and size <= body_up_to:
            body = await self._read(answer)
        content_type = answer.attributes.get("Content-Type", "")
        return FoundObject(size, content_type, answer.meta["e_tag"], body)

    async def put_bytes(self, key: str, body: bytes) -> None:
        """Store a small object; see `ObjectStore.put_bytes`."""
        await self._ask("put", obstore.put_async(self._store, key, body, use_multipart=False))

    async def put_new(self, key: str, body: bytes) -> bool:
        """Store a small object unless there is one; see `ObjectStore.put_new`."""
        try:
            upload = obstore.put_async(self._store, key, body, use_multipart=False, mode="create")
            await self._ask("put", upload)
        except Unavailable as error:
            if isinstance(error.__cause__, AlreadyExistsError):
                return False
            raise
        return True

    async def delete(self, key: str) -> None:
        """Remove an object; see `ObjectStore.delete`."""
        with suppress(Missing):
            await self._ask("delete", obstore.delete_async(self._store, key))

    async def delete_many(self, keys: Sequence[str]) -> None:
        """Remove objects, on S3 a thousand per request; see `ObjectStore.delete_many`.

        Where a store tells of one that is gone already, as all but S3 do, obstore leaves the others.
        """
        try:
            await self._ask("delete", obstore.delete_async(self._store, keys))
        except Missing:
            for key in keys:
                await self.delete(key)

    async def list(self, folder: str, start_after: str = "") -> AsyncIterator[Sequence[str]]:
        """The keys below a folder; see `ObjectStore.list`."""
        offset = start_after or None
        pages = obstore.list(self._store, folder, offset=offset, chunk_size=_LIST_PORTION)
        while page := await self._ask("list", anext(pages, None)):
            yield [item["path"] for item in page]

    async def list_folders(self, folder: str) -> Sequence[str]:
        """The folders in a folder; see `ObjectStore.list_folders`."""
        found = await self._ask("list", obstore.list_with_delimiter_async(self._store, folder))
        return [path.rpartition("/")[2] for path in found["common_prefixes"]]

    async def url_to_get(self, key: str) -> str:
        """A presigned URL; see `ObjectStore.url_to_get`."""
        (url,) = await self._sign("GET", [key])
        return url

    async def urls_to_put(self, keys: Sequence[str]) -> Sequence[str]:
        """Presigned URLs; see `ObjectStore.urls_to_put`."""
        return await self._sign("PUT", keys)

    async def _get(self, key: str, options: "GetOptions") -> "GetResult":
        return await self._ask("get", obstore.get_async(self._store, key, options=options))

    async def _read(self, answer: "GetResult") -> bytes:
        return bytes(await self._ask("read", answer.bytes_async()))

    async def _sign(self, method: Any, keys: Sequence[str]) -> Sequence[str]:
        # Mostly a matter of microseconds, but with a cloud identity it may ask for a token first.
        urls: Sequence[str] = await self._ask(
            "sign", obstore.sign_async(self._store, method, keys, self._url_lifetime)
        )
        return urls

    async def _ask(self, operation: str, request: Awaitable[T]) -> T:
        return await ask(operation, request, self._answered)


def _has_no_such_end(error: BaseException | None) -> bool:
    """Whether an end was refused that can be had otherwise: Azure knows none, and S3 none of nothing."""
    return isinstance(error, NotSupportedError) or "416" in str(error)
