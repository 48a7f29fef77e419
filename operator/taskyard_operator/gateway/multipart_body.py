"""Multipart bodies: checked while they stream by to the object store, never held whole.

Values are kept (they are small, by a limit), pictures go to a temporary file to be looked at, and of
other files only the name is noted.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from typing import Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from taskyard_operator.gateway.checking import Checking
from taskyard_operator.gateway.errors import Fault, InvalidInput, RequestError, TooLarge
from taskyard_operator.gateway.fingerprint import Fingerprint
from taskyard_operator.gateway.json_body import parse_json
from taskyard_operator.gateway.picture import ArrivingPicture
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.validation import (
    MAX_FAULTS,
    fault_of_type,
    faults,
    fields_of,
    is_bytes,
    is_picture,
    takes_text,
)


class MultipartCheck:
    """Checks one body as it passes. `passed_on` yields it unchanged and raises at its end if it is unfit."""

    def __init__(
        self,
        content_type: str,
        schema: Mapping[str, Any],
        limits: GatewaySettings,
        checking: Checking,
        fingerprint: Fingerprint | None = None,
    ) -> None:
        options = parse_options_header(content_type)[1]
        if not options.get("boundary"):
            raise InvalidInput("The content type multipart/form-data names no boundary.")
        self._parser = PushMultipartParser(
            options["boundary"],
            max_header_size=limits.max_part_header_bytes,
            max_header_count=limits.max_part_headers,
        )
        self._schema = schema
        self._limits = limits
        self._checking = checking
        self._fingerprint = fingerprint
        self._values: dict[str, bytearray] = {}
        self._files: list[str] = []
        self._faults: list[Fault] = []
        self._part: MultipartSegment | None = None
        self._picture: ArrivingPicture | None = None
        self._parts = 0
        self._size = 0
        self._size_of_values = 0
        self.error: RequestError | None = None
        """What was found wrong; the store that reads the body may hide the exception in one of its own."""

    async def passed_on(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body as it comes.

        Raises:
            RequestError: before the end is told, so that a store keeps nothing of an unfit body.
        """
        try:
            async for chunk in body:
                await self._feed(chunk)
                if chunk:
                    yield chunk
            await self._finish()
        except RequestError as error:
            self.error = error
            raise
        except MultipartError as error:
            self.error = InvalidInput(_broken(error))
            raise self.error from error
        finally:
            if self._picture:
                self._picture.close()

    async def _feed(self, chunk: bytes) -> None:
        for event in self._parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._begin(event)
            elif event:
                self._data(bytes(event))
            else:
                await self._end()

    def _begin(self, part: MultipartSegment) -> None:
        self._part, self._size = part, 0
        if self._fingerprint:
            self._fingerprint.add("part", json.dumps(part.headerlist))
        self._parts += 1
        if self._parts > self._limits.max_parts:
            raise TooLarge(
                f"The body has more than {self._limits.max_parts} parts, which is the gateway's "
                "setting maxParts; send many values as one JSON value, or many files as an archive."
            )
        if part.filename is None:
            if part.name in self._values:
                self._faults.append(Fault((part.name,), "given twice"))
            self._values[part.name] = bytearray()
            return
        field = fields_of(self._schema).get(part.name, {})
        if is_picture(field):
            self._picture = ArrivingPicture(self._limits, f"{part.name}: the picture")

    def _data(self, data: bytes) -> None:
        if self._part is None:
            return
        name = self._part.name
        self._size += len(data)
        if self._fingerprint:
            self._fingerprint.feed(data)
        if self._part.filename is None:
            self._size_of_values += len(data)
            if self._size_of_values > self._limits.max_json_bytes:
                raise TooLarge(
                    f"{name}: the values of all fields have more than "
                    f"{self._limits.max_json_bytes} bytes, which is the gateway's setting "
                    "maxJsonBytes; send large data as a file, in a field annotated as Path."
                )
            self._values[name] += data
        elif self._picture:
            self._picture.add(data)

    async def _end(self) -> None:
        part, picture = self._part, self._picture
        self._part = self._picture = None
        if self._fingerprint:
            self._fingerprint.end_piece()
        # A form sends an empty name, and no content, for a file that nobody chose.
        absent = part is not None and part.filename == "" and not self._size
        if part is not None and part.filename is not None and not absent:
            self._files.append(part.name)
            field = fields_of(self._schema).get(part.name, {})
            if fault := fault_of_type(field, part.header("Content-Type")):
                self._faults.append(Fault((part.name,), fault))
        if part is None or picture is None:
            return
        with closing(picture):
            fault = None if absent else await picture.fault()
        if fault:
            self._faults.append(Fault((part.name,), fault))

    async def _finish(self) -> None:
        self._parser.close()
        wrong = await self._checking.carry_out(self._all_faults, self._size_of_values)
        if wrong:
            raise InvalidInput.of(wrong)

    def _all_faults(self) -> list[Fault]:
        values = {name: self._value(name, bytes(text)) for name, text in self._values.items()}
        return [*faults(self._schema, values, self._files), *self._faults][:MAX_FAULTS]

    def _value(self, name: str, text: bytes) -> Any:
        """JSON, or where it is none the text itself; a field that is only text takes both forms."""
        field = fields_of(self._schema).get(name, {})
        try:
            value = json.loads(text)
        except RecursionError:
            return parse_json(text, self._limits.max_json_depth, name)
        except ValueError:
            return self._plain_text(name, text)
        if is_bytes(field) or (takes_text(field) and not isinstance(value, str | None)):
            return self._plain_text(name, text)
        return parse_json(text, self._limits.max_json_depth, name)

    def _plain_text(self, name: str, text: bytes) -> str:
        try:
            return text.decode()
        except UnicodeDecodeError:
            self._faults.append(Fault((name,), "neither JSON nor text in UTF-8"))
            return ""


def _broken(error: MultipartError) -> str:
    # Some of the library's errors carry another one as a second argument.
    why = str(error.args[0]) if error.args else type(error).__name__
    return (
        f"The multipart body is broken: {why}. Send parts of multipart/form-data (RFC 7578), as "
        "libraries for HTTP build them."
    )
