"""Status words: BentoML changed its own with 1.4.14, so its clients are told theirs by version."""

import re
from collections.abc import Mapping

from taskyard.api.reasons import Phase

_OURS = {
    Phase.QUEUED: "pending",
    Phase.STARTING: "pending",
    Phase.RUNNING: "in_progress",
    Phase.SUCCEEDED: "success",
    Phase.FAILED: "failure",
    Phase.CANCELLED: "cancelled",
}
_BENTOML = _OURS | {
    Phase.SUCCEEDED: "completed",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "canceled",
}
_BENTOML_BEFORE_1_4_14 = _OURS | {Phase.QUEUED: "in_progress", Phase.STARTING: "in_progress"}

_BENTOML_AGENT = re.compile(r"BentoML HTTP Client/(\d{1,4})\.(\d{1,4})\.(\d{1,4})")


def status_word(phase: Phase, user_agent: str) -> str:
    """The word for a phase that the caller's client knows."""
    return _words(user_agent)[phase]


def is_bentoml(user_agent: str) -> bool:
    """Whether the caller is a client of BentoML."""
    return _BENTOML_AGENT.match(user_agent) is not None


def _words(user_agent: str) -> Mapping[Phase, str]:
    match = _BENTOML_AGENT.match(user_agent)
    if match is None:
        return _OURS
    version = tuple(int(part) for part in match.groups())
    return _BENTOML if version >= (1, 4, 14) else _BENTOML_BEFORE_1_4_14
