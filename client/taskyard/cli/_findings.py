"""What `taskyard doctor` tells: each check is one question, and answers with a finding."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    DOUBTFUL = "warning"
    BAD = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found; `remedy` is what to do where it is not good."""

    subject: str
    verdict: Verdict
    told: str
    remedy: str = ""
