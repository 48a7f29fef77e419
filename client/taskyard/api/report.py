"""What the runner leaves behind: a report, as JSON in the termination message of its container.

Dataclasses and the standard library only: this is imported in every pod.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import NoneType
from typing import Any, Self

from taskyard.api.answer_headers import Headers, fitting_headers
from taskyard.api.runner import known_fields

MAX_REPORT_BYTES = 4096
"""The kubelet keeps this much of a termination message, or less: see `core/job.py`."""

CONTENT_TYPE = re.compile("[!-~]+/[ -~]+")
"""What a result may be said to be: a report that says something else is none."""


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

    def to_json(self, limit: int = MAX_REPORT_BYTES) -> str:
        """The report as JSON of at most `limit` bytes: the message is cut to fit.

        Where that is not enough, a result loses its file name and its headers.
        """
        data = asdict(self)
        message = self.message.encode("utf-8", "replace").decode()

        def with_message(length: int) -> str:
            return _dump(data | {"message": message[:length]})

        # The longest that fits: a character takes one byte or, escaped, up to six.
        too_long = bisect_right(
            range(len(message) + 1),
            limit,
            key=lambda length: len(with_message(length).encode()),
        )
        if not too_long and self.result and (self.result.headers or self.result.file_name):
            plain = replace(self.result, headers=(), file_name=None)
            return replace(self, result=plain).to_json(limit)
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
                timings=Timings(**known_fields(Timings, timings)),
                **known_fields(cls, data),
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
    known = known_fields(ResultInfo, data)
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
        and CONTENT_TYPE.fullmatch(result["content_type"]) is not None
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
