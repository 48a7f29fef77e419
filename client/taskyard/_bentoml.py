"""Services written with BentoML: how they are told from ours, and which releases are known to work.

BentoML itself is not imported here: a class of it can only be at hand where its author imported it.
"""

import re
from importlib import metadata
from typing import Any

OLDEST, NEWEST = "1.4.29", "1.4.40"
"""The releases that are tested, the first and the last of the range."""


def is_bentoml_service(found: Any) -> bool:
    """Whether this is a class decorated with `@bentoml.service`, which makes another object of it."""
    return any(base.__module__.split(".")[0] == "_bentoml_sdk" for base in type(found).__mro__)


def untested_release() -> str | None:
    """In a sentence, that the installed BentoML is outside the tested range; None where it is inside.

    The adapter rests on parts of BentoML that no promise of its authors covers.
    """
    release = metadata.version("bentoml")
    if _numbers(OLDEST) <= _numbers(release) <= _numbers(NEWEST):
        return None
    return (
        f"BentoML {release} is installed, and services written with it run with BentoML "
        f"{OLDEST} to {NEWEST}: install one of these in the image"
    )


def _numbers(release: str) -> tuple[int, ...]:
    # Of `1.4.40.dev3` the release that it leads to; of `2.0.0a1` likewise.
    found = re.match(r"\d+(?:\.\d+)*", release)
    return tuple(map(int, found[0].split("."))) if found else ()
