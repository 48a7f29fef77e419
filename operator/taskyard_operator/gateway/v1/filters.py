"""Which tasks are asked for, as the query of a route: checked strictly, and documented.

What is misspelt is refused: a filter that was left out in silence would show, or cancel, other tasks.
"""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from taskyard.api.reasons import Phase
from taskyard_operator.core.listed import is_place
from taskyard_operator.core.listing import Filters
from taskyard_operator.gateway.v1.labels import MAX_LABELS, labels_of
from taskyard_operator.gateway.v1.parameters import Query

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise ValueError("write the time as RFC 3339 has it, such as 2026-11-25T19:00:00Z")
    return datetime.fromisoformat(text.upper())


def _phases(texts: list[str]) -> list[str]:
    for phase in _split(texts):
        if phase not in list(Phase):
            raise ValueError(f"{phase!r} is none of {', '.join(Phase)}")
    return texts


def _labels(texts: list[str]) -> list[str]:
    labels_of(texts)
    return texts


def _cursor(text: str) -> str:
    if not is_place(text):
        raise ValueError("this is no cursor: give what `next` of the page before says, as it is")
    return text


def _split(texts: list[str]) -> list[str]:
    return [word.strip() for text in texts for word in text.split(",")]


Name = Annotated[str, Field(min_length=1, max_length=64)]
Moment = Annotated[datetime, BeforeValidator(_time)]


class FilterQuery(Query):
    """Which tasks: those of which all that is said is true."""

    service: Annotated[Name | None, Field(description="The name of their service.")] = None
    task: Annotated[Name | None, Field(description="The name of the task that they call.")] = None
    phase: Annotated[
        list[str],
        AfterValidator(_phases),
        Field(description=f"Where they stand, with commas between: {', '.join(Phase)}."),
    ] = Field(default_factory=list)
    reason: Annotated[Name | None, Field(description="Why they ended, or wait.")] = None
    label: Annotated[
        list[str],
        AfterValidator(_labels),
        Field(description=f"A label that they have, as `key=value`; up to {MAX_LABELS} times."),
    ] = Field(default_factory=list)
    created_after: Annotated[
        Moment | None, Field(description="Created at that time (RFC 3339) or later.")
    ] = None
    created_before: Annotated[
        Moment | None, Field(description="Created before that time (RFC 3339).")
    ] = None

    def filters(self) -> Filters:
        """The same, as the core has it."""
        return Filters(
            service=self.service,
            task=self.task,
            reason=self.reason,
            phases=frozenset(map(Phase, _split(self.phase))),
            labels=labels_of(self.label),
            created_after=self.created_after,
            created_before=self.created_before,
        )


class PageQuery(FilterQuery):
    """Which tasks, and which page of them."""

    limit: Annotated[
        int | None, Field(ge=1, description="The most tasks of a page, up to gateway.maxPageTasks.")
    ] = None
    cursor: Annotated[
        str | None,
        AfterValidator(_cursor),
        Field(description="`next` of the page before; the first page without it."),
    ] = None
