"""Bodies that are one value: what a task of BentoML takes whose only parameter is positional-only.

A file is checked while it streams by to the object store; text and JSON are small, by a limit, and held.
"""

from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

from taskyard_operator.gateway.checking import Checking
from taskyard_operator.gateway.errors import (
    Fault,
    InvalidInput,
    RequestError,
    UnsupportedMediaType,
)
from taskyard_operator.gateway.fingerprint import Fingerprint
from taskyard_operator.gateway.json_body import parse_json, read_bounded
from taskyard_operator.gateway.picture import ArrivingPicture
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.validation import (
    Schema,
    faults_of_value,
    is_file,
    is_picture,
)

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_PICKLE = "application/vnd.bentoml+pickle"


class RootCheck:
    """Checks one body as it passes. `passed_on` yields it unchanged and raises before its end if it is unfit.

    Args:
        kind: the content type, without parameters. It tells nothing of the value, as in BentoML.
        schema: of the value.
        limits: how large it may be.
        checking: carries out the check.
        fingerprint: what the body is added to, where one is wanted.

    Raises:
        UnsupportedMediaType: it is no body that holds one value.
    """

    def __init__(
        self,
        kind: str,
        schema: Schema,
        limits: GatewaySettings,
        checking: Checking,
        fingerprint: Fingerprint | None = None,
    ) -> None:
        if kind in _FORMS or kind == _PICKLE:
            raise UnsupportedMediaType(
                f"{kind} is not taken; the task takes one value, which is the whole body: send a "
                "file or text as it is, anything else as application/json."
            )
        self._schema = schema
        self._limits = limits
        self._checking = checking
        self._fingerprint = fingerprint
        self.error: RequestError | None = None
        """What was found wrong; the store that reads the body may hide the exception in one of its own."""

    async def passed_on(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body as it comes.

        Raises:
            RequestError: before the end is told, so that a store keeps nothing of an unfit body.
        """
        try:
            async for chunk in self._checked(body):
                if self._fingerprint:
                    self._fingerprint.feed(chunk)
                yield chunk
            if self._fingerprint:
                self._fingerprint.end_piece()
        except RequestError as error:
            self.error = error
            raise

    def _checked(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        if is_picture(self._schema):
            return self._picture(body)
        return body if is_file(self._schema) else self._value(body)

    async def _picture(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        with closing(ArrivingPicture(self._limits, "The picture")) as picture:
            async for chunk in body:
                picture.add(chunk)
                yield chunk
            fault = await picture.fault()
        if fault:
            raise InvalidInput.of([Fault((), fault)])

    async def _value(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        text = await read_bounded(body, self._limits.max_json_bytes)
        wrong = await self._checking.carry_out(lambda: self._faults(text), len(text))
        if wrong:
            raise InvalidInput.of(wrong)
        yield text

    def _faults(self, text: bytes) -> list[Fault]:
        value: Any
        if self._schema.get("type") == "string":
            try:
                value = text.decode()
            except UnicodeDecodeError as error:
                return [Fault((), f"the text is not UTF-8, at byte {error.start}")]
        else:
            # BentoML reads an empty body as an object without fields.
            value = parse_json(text or b"{}", self._limits.max_json_depth)
        return faults_of_value(self._schema, value)
