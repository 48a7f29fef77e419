"""Reading what is stored of a resource, which another version may have written."""

import logging
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from taskyard_operator.ports import Unreadable

logger = logging.getLogger(__name__)

R = TypeVar("R")

_FAULTS_TOLD = 3


def unreadable(what: str, error: ValidationError, remedy: str) -> Unreadable:
    """Says of `what` which fields this version cannot read; `remedy` is a sentence without its stop."""
    faults = "; ".join(map(_fault, error.errors()[:_FAULTS_TOLD]))
    return Unreadable(f"this version cannot read {what}: {faults}. {remedy}")


def if_readable(read: Callable[[], R]) -> R | None:
    """What `read` gives, or None where this version cannot read it: one such must not hide the others."""
    try:
        return read()
    except Unreadable as error:
        logger.warning("passed over: %s", error)
        return None


def _fault(error: ErrorDetails) -> str:
    where, what = ".".join(map(str, error["loc"])), error["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
