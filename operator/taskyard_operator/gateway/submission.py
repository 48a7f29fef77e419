"""From the body of a submit to the input of a TaskRun: checked, then kept inline or in the store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import Request

from taskyard.api.names import MAX_CONTENT_TYPE
from taskyard.api.taskrun import StoredObject, TaskInput
from taskyard.api.taskservice import Task
from taskyard_operator.core.keys import input_key
from taskyard_operator.gateway.checking import Checking
from taskyard_operator.gateway.errors import InvalidInput, TooLarge, UnsupportedMediaType
from taskyard_operator.gateway.fingerprint import Fingerprint
from taskyard_operator.gateway.json_body import fits_inline, parse_object, read_bounded
from taskyard_operator.gateway.multipart_body import MultipartCheck
from taskyard_operator.gateway.root_body import RootCheck
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.validation import faults, is_root
from taskyard_operator.ports import ObjectStore, Unavailable

_REFUSED = ("application/vnd.bentoml+pickle", "application/x-www-form-urlencoded")
_NEVER_JSON = ("audio", "image", "multipart", "video")
_SMALL_BYTES = 1024**2
"""A body up to so many bytes is no large upload, and waits for none."""


class Intake:
    """Takes in bodies; nothing of a body that is unfit stays behind."""

    def __init__(self, objects: ObjectStore, limits: GatewaySettings) -> None:
        self._objects = objects
        self._limits = limits
        self._checking = Checking()
        self._large = asyncio.Semaphore(limits.max_uploads)

    async def take(
        self,
        request: Request,
        task: Task,
        namespace: str,
        run: str,
        fingerprint: Fingerprint | None = None,
    ) -> TaskInput:
        """The input that a request carries for a task; where wanted, it is added to a fingerprint.

        Raises:
            RequestError: it does not fit; every field that is wrong is named.
            PortError: it could not be stored.
        """
        content_type = request.headers.get("content-type", "application/json")
        check = self._check_of(content_type, task, fingerprint)
        _check_encoding(request)
        self._check_announced_size(request)
        body = self._bounded(request.stream())
        key = input_key(namespace, run)
        if check is not None:
            async with self._room_for(request):
                return await self._take_checked(check, body, content_type, key)
        return await self._take_json(body, task, key, fingerprint)

    @asynccontextmanager
    async def _room_for(self, request: Request) -> AsyncIterator[None]:
        """Wait for a place among the large uploads; meanwhile nothing is read, so the caller waits as well.

        Raises:
            Unavailable: none was free in the time that a body may be silent.
        """
        if _is_small(request):
            yield
            return
        try:
            async with asyncio.timeout(self._limits.body_silence_seconds):
                await self._large.acquire()
        except TimeoutError:
            most = f"{self._limits.max_uploads} large bodies (gateway.maxUploads)"
            raise Unavailable(f"the gateway takes in {most} already: try again later") from None
        try:
            yield
        finally:
            self._large.release()

    def _check_of(
        self, content_type: str, task: Task, fingerprint: Fingerprint | None
    ) -> MultipartCheck | RootCheck | None:
        """What looks at a body while it streams by; None for arguments in JSON, which are held.

        Raises:
            RequestError: the task takes no body of this type.
        """
        kind = content_type.partition(";")[0].strip().lower()
        if is_root(task.input):
            return RootCheck(kind, task.input, self._limits, self._checking, fingerprint)
        _check_kind(kind)
        if kind == "multipart/form-data":
            return MultipartCheck(
                content_type, task.input, self._limits, self._checking, fingerprint
            )
        # Any other type is read as JSON, as BentoML's server does; some clients send none or a wrong one.
        return None

    async def _take_json(
        self, body: AsyncIterator[bytes], task: Task, key: str, fingerprint: Fingerprint | None
    ) -> TaskInput:
        text = await read_bounded(body, self._limits.max_json_bytes)
        if fingerprint:
            fingerprint.add("json", text)
        check = partial(self._fitting_values, text, task)
        values = await self._checking.carry_out(check, len(text))
        if fits_inline(text, values):
            return TaskInput(inline=values)
        return await self._store(key, _once(text), "application/json")

    def _fitting_values(self, text: bytes, task: Task) -> dict[str, Any]:
        """The arguments in a JSON body, which fit the task."""
        values = parse_object(text, self._limits.max_json_depth)
        wrong = faults(task.input, values)
        if wrong:
            raise InvalidInput.of(wrong)
        return values

    async def _take_checked(
        self,
        check: MultipartCheck | RootCheck,
        body: AsyncIterator[bytes],
        content_type: str,
        key: str,
    ) -> TaskInput:
        if len(content_type) > MAX_CONTENT_TYPE:
            # Cut short, it would lose the boundary, and with it the body.
            raise InvalidInput(
                f"The content type has more than {MAX_CONTENT_TYPE} characters; "
                "choose a shorter boundary."
            )
        try:
            return await self._store(key, check.passed_on(body), content_type)
        except Exception:
            if check.error:
                raise check.error from None
            raise

    async def _store(self, key: str, body: AsyncIterator[bytes], content_type: str) -> TaskInput:
        stored = await self._objects.put(key, body)
        return TaskInput(
            object=StoredObject(
                key=key, size=stored.size, sha256=stored.sha256, content_type=content_type
            )
        )

    def _check_announced_size(self, request: Request) -> None:
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._limits.max_input_bytes:
            raise self._too_large()

    async def _bounded(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body, whatever length was announced."""
        size = 0
        async for chunk in body:
            size += len(chunk)
            if size > self._limits.max_input_bytes:
                raise self._too_large()
            yield chunk

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The body has more than {self._limits.max_input_bytes} bytes, which is the gateway's "
            "setting maxInputBytes."
        )


def _is_small(request: Request) -> bool:
    """Whether a body says that it costs little memory on its way."""
    announced = request.headers.get("content-length", "")
    return announced.isdigit() and int(announced) <= _SMALL_BYTES


def _check_kind(kind: str) -> None:
    if kind in _REFUSED or (
        kind.partition("/")[0] in _NEVER_JSON and kind != "multipart/form-data"
    ):
        raise UnsupportedMediaType(
            f"{kind} is not taken; send application/json, or multipart/form-data where a field "
            "is a file."
        )


def _check_encoding(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise UnsupportedMediaType(
            f"The content encoding {encoding} is not taken; send the body as it is."
        )


async def _once(text: bytes) -> AsyncIterator[bytes]:
    yield text
