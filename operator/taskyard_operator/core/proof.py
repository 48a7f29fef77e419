"""An attempt's success, held against what the object store has: no result is told of that is not there.

The report comes from a pod in which user code ran, and a store may have lost what it took.
"""

from dataclasses import dataclass, replace

from taskyard.api.reasons import Phase, Reason
from taskyard.api.report import ResultInfo
from taskyard_operator.core.attempt import Ending


@dataclass(frozen=True, slots=True)
class FoundResult:
    """A result as the store has it: `size` in bytes, the digest where it was read, the store's own tag."""

    size: int
    sha256: str | None = None
    content_type: str = ""
    e_tag: str | None = None


def as_found(ending: Ending, found: FoundResult | None) -> Ending:
    """A success as it stands once the store was asked for its result; None is: there is none."""
    if ending.result is None:
        return _without_report(ending, found)
    why = _difference(ending.result, found)
    if why is None:
        return replace(ending, proved=True)
    return replace(
        ending, phase=Phase.FAILED, reason=Reason.RESULT_UPLOAD_FAILED, message=why, result=None
    )


def as_reported(ending: Ending) -> Ending:
    """A success as it stands where the store gave no answer for too long: by the report, if there is one."""
    return replace(ending, proved=True) if ending.result else _without_report(ending, None)


def _without_report(ending: Ending, found: FoundResult | None) -> Ending:
    """The runner ended well, which it does only once the result is stored; its report was never read."""
    if found is None:
        why = "The pod was gone before its report could be read, and no result of it was found."
        return replace(ending, phase=Phase.FAILED, reason=Reason.DISRUPTED, message=why)
    kind = found.content_type or "application/octet-stream"
    result = ResultInfo(size=found.size, sha256=found.sha256 or "", content_type=kind)
    return replace(ending, result=result, proved=True)


def _difference(reported: ResultInfo, found: FoundResult | None) -> str | None:
    """In which way the store contradicts the report, in a sentence; None where it does not."""
    if found is None:
        return "The task returned, but its result is not in the object store."
    if found.size != reported.size:
        has = f"the store has {found.size} bytes where the report says {reported.size}"
    elif found.sha256 and found.sha256 != reported.sha256:
        has = f"the object has SHA-256 {found.sha256} where the report says {reported.sha256}"
    elif (
        not found.sha256
        and found.e_tag
        and reported.e_tag
        and _bare(found.e_tag) != _bare(reported.e_tag)
    ):
        has = "the store has another object than the one that the runner stored"
    else:
        return None
    return f"The task returned, but its result is not as it was reported: {has}."


def _bare(e_tag: str) -> str:
    return e_tag.removeprefix("W/").strip('"')
