"""What the operator hands the runner (a ticket) and what the runner leaves behind (a report).

Both travel as JSON: the ticket in the environment of the pod, the report as the termination message
of its container. Dataclasses and the standard library only: this is imported in every pod.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import NoneType
from typing import Any, Self

TICKET_VARIABLE = "TASKYARD_TICKET"
"""The environment variable that carries the ticket."""
REPORT_VARIABLE = "TASKYARD_REPORT_PATH"
"""The one that names the file for the report; the kubelet's is the default."""
PATIENCE_VARIABLE = "TASKYARD_STORE_PATIENCE"
"""The one with the seconds after which object storage that stays away is given up; 300 by default."""
PARENT_VARIABLE = "TASKYARD_PARENT"
"""The one with the process id of a server to end with; without it nobody is watched."""

ORDERS_VARIABLE = "TASKYARD_ORDERS"
"""The one with the file descriptor on which a server of one machine gives its orders; see `Order`."""

MAX_REPORT_BYTES = 4096
"""The kubelet keeps this much of a termination message."""


MAX_OUTPUT_BYTES = 4 * 1024**2
"""Longest line of an output, with its end: whoever reads outputs passes a longer one over."""

MAX_PARTS = 10_000
MAX_PART_HEADERS = 64
MAX_PART_HEADER_BYTES = 64 * 1024
"""Of a multipart input, what every runner takes: the settings of a gateway cannot allow more."""


@dataclass(frozen=True, slots=True)
class InputSource:
    """Where the input is: `inline` (the arguments by name), or an object behind a presigned `url`.

    `size` (bytes) and `sha256` (hexadecimal) are those of the object, checked after the download.
    """

    inline: Mapping[str, Any] | None = None
    url: str = ""
    size: int = 0
    sha256: str = ""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One attempt's orders. URLs are presigned for exactly one object and one method.

    `cancel_grace` is in seconds: how long a cancelled task may clean up before it is killed.
    `outputs_url` is empty in a ticket of an operator that knows of no outputs: then none are stored.
    """

    namespace: str
    run: str
    attempt: int
    entrypoint: str
    task: str
    input: InputSource
    result_url: str
    log_url: str
    progress_url: str
    outputs_url: str = ""
    cancel_grace: float = 30.0
    max_result_bytes: int = 5 * 1024**3
    max_log_bytes: int = 16 * 1024**2
    max_outputs_bytes: int = 16 * 1024**2

    def to_json(self) -> str:
        """The ticket as one line of JSON.

        Without a dollar sign: in a pod's environment Kubernetes would take `$(NAME)` for a reference to
        another variable, so that an argument could read the service's secrets, and `$$` for one `$`.
        """
        return json.dumps(asdict(self), separators=(",", ":")).replace("$", "\\u0024")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a ticket; unknown fields are ignored, so that an older runner can serve a newer operator.

        Raises:
            ValueError: the text is not a ticket; the message says what is missing.
        """
        try:
            data = json.loads(text)
            source = InputSource(**_known(InputSource, data.pop("input")))
            return cls(input=source, **_known(cls, data))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{TICKET_VARIABLE} holds no valid ticket: {error}") from error


@dataclass(frozen=True, slots=True)
class Order:
    """What a server of one machine tells a runner to do, as one line of JSON.

    `ticket` is that of the attempt, as JSON; `report` and `output` name the files for its report and for
    what the runner prints. A worker that `stays` takes another attempt after this one, if it can.
    """

    ticket: str
    report: str
    output: str
    stays: bool = False

    def line(self) -> bytes:
        """As a line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> Self:
        """Read a line."""
        return cls(**json.loads(line))


Headers = tuple[tuple[str, str], ...]
"""Names and values of HTTP headers; a name may be there more than once."""

MAX_HEADERS = 16
MAX_HEADER_BYTES = 1024
"""Of all names and values together: they are kept in the status of the TaskRun."""

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[!-~](?:[\t -~]*[!-~])?|")
_HEADERS_OF_THE_GATEWAY = frozenset(
    (
        *("accept-ranges", "connection", "content-digest", "content-disposition"),
        *("content-encoding", "content-length", "content-range", "content-type", "date", "etag"),
        *("keep-alive", "last-modified", "proxy-authenticate", "proxy-connection", "repr-digest"),
        *("server", "te", "trailer", "transfer-encoding", "upgrade", "x-request-id", "x-task-id"),
    )
)


def fitting_headers(headers: Any) -> Headers:
    """Of the headers that a task sets, those that the gateway can answer with.

    Left out are those that say how the body travels, which is for the gateway to say, those that are
    no headers, and what is more than `MAX_HEADERS` or `MAX_HEADER_BYTES`. A cookie loses its `Domain`: it
    goes back to the host that it came from, and to none beside it.
    """
    fitting: list[tuple[str, str]] = []
    room = MAX_HEADER_BYTES
    for header in headers if isinstance(headers, list | tuple) else ():
        if not _is_header(header) or len(fitting) == MAX_HEADERS:
            continue
        name, value = header[0].lower(), header[1]
        if name == "set-cookie":
            value = _of_this_host(value)
        if (size := len(name) + len(value)) <= room:
            room -= size
            fitting.append((name, value))
    return tuple(fitting)


def _of_this_host(cookie: str) -> str:
    """A cookie without `Domain`, split where clients split it (RFC 6265, 5.2)."""
    first, *attributes = cookie.split(";")
    kept = (each for each in attributes if each.partition("=")[0].strip().lower() != "domain")
    return ";".join([first, *kept])


def _is_header(header: Any) -> bool:
    match header:
        case [str(name), str(value)]:
            is_one = _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)
            return bool(is_one) and name.lower() not in _HEADERS_OF_THE_GATEWAY
    return False


@dataclass(frozen=True, slots=True)
class ResultInfo:
    """The stored result: `size` in bytes, `sha256` in hexadecimal, the HTTP status to answer with.

    `e_tag` is what the store called the object when it took it, where it said so.
    `headers` are those that the task set for the answer, such as `set-cookie`.
    """

    size: int
    sha256: str
    content_type: str
    status_code: int = 200
    file_name: str | None = None
    e_tag: str | None = None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds that loading the class, running the task and uploading its result took."""

    load: float = 0.0
    run: float = 0.0
    upload: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """How an attempt ended, as its runner saw it.

    `outcome` is `Succeeded`, `Failed` or `Cancelled`; `reason` is a word of `taskyard.api.reasons`
    (empty on success); `peak_memory` is in bytes.
    """

    outcome: str
    reason: str = ""
    message: str = ""
    error_type: str = ""
    result: ResultInfo | None = None
    log_stored: bool = False
    timings: Timings = field(default_factory=Timings)
    peak_memory: int = 0

    def to_json(self) -> str:
        """The report as JSON of at most `MAX_REPORT_BYTES` bytes: the message is cut to fit."""
        data = asdict(self)
        message = self.message.encode("utf-8", "replace").decode()

        def with_message(length: int) -> str:
            return _dump(data | {"message": message[:length]})

        # The longest that fits: a character takes one byte or, escaped, up to six.
        too_long = bisect_right(
            range(len(message) + 1),
            MAX_REPORT_BYTES,
            key=lambda length: len(with_message(length).encode()),
        )
        return with_message(max(0, too_long - 1))

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """Read a report, or None where the text is none: what a pod says of itself is not trusted."""
        try:
            data = json.loads(text)
            result = data.pop("result", None)
            timings = data.pop("timings", None) or {}
            report = cls(
                result=_result_info(result) if result else None,
                timings=Timings(**_known(Timings, timings)),
                **_known(cls, data),
            )
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            return None
        return report if _plausible(asdict(report)) else None


_REPORT_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "outcome": str,
    "reason": str,
    "message": str,
    "error_type": str,
    "log_stored": bool,
    "peak_memory": int,
}
_RESULT_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "size": int,
    "sha256": str,
    "content_type": str,
    "status_code": int,
    "file_name": (str, NoneType),
    "e_tag": (str, NoneType),
}
_TIMING_TYPES: Mapping[str, type | tuple[type, ...]] = dict.fromkeys(
    ("load", "run", "upload"), (int, float)
)


def _result_info(data: Mapping[str, Any]) -> ResultInfo:
    known = _known(ResultInfo, data)
    return ResultInfo(**(known | {"headers": fitting_headers(known.get("headers"))}))


def _plausible(report: Mapping[str, Any]) -> bool:
    """Whether all of a report is what its annotations say, and within what a status can hold."""
    if not _typed(report, _REPORT_TYPES) or not _typed(report["timings"], _TIMING_TYPES):
        return False
    if report["outcome"] == "Succeeded":
        return report["result"] is not None and _plausible_result(report["result"])
    return report["outcome"] in ("Failed", "Cancelled")


def _plausible_result(result: Mapping[str, Any]) -> bool:
    return (
        _typed(result, _RESULT_TYPES)
        and 0 <= result["size"] < 2**63
        and re.fullmatch("[0-9a-f]{64}", result["sha256"]) is not None
        and re.fullmatch("[!-~]+/[ -~]+", result["content_type"]) is not None
        and 200 <= result["status_code"] <= 599
    )


def _typed(values: Mapping[str, Any], types: Mapping[str, type | tuple[type, ...]]) -> bool:
    return all(_is(values[name], kind) for name, kind in types.items())


def _is(value: object, kind: type | tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return kind is bool  # Python counts it among the integers, and JSON does not
    return isinstance(value, kind) and (not isinstance(value, str) or _encodable(value))


def _encodable(text: str) -> bool:
    """Whether a text is Unicode; JSON can spell halves of characters that no encoding takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _dump(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _known(cls: type, data: Mapping[str, Any]) -> dict[str, Any]:
    names = set(cls.__dataclass_fields__) - {"input"}  # type: ignore[attr-defined]
    return {name: value for name, value in data.items() if name in names}
