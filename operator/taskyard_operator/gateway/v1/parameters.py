"""The parameters of /v1 that come in the query or a header, as models: they check, and they document.

One that is not known is refused: a word that was misspelt must not be left out in silence.
"""

import re
from collections import Counter
from typing import Annotated

from fastapi import Header, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from taskyard.api.taskrun import Priority
from taskyard.api.taskservice import Deadlines, Seconds
from taskyard_operator.gateway.callbacks import callback_asked
from taskyard_operator.gateway.errors import Fault, InvalidInput
from taskyard_operator.gateway.options import Options
from taskyard_operator.gateway.streams.event import EventName
from taskyard_operator.gateway.v1.labels import MAX_LABELS, labels_of
from taskyard_operator.webhooks.settings import WebhookSettings

_REPEATABLE = ("label", "phase")
_NUMBER = re.compile(r"[0-9]{1,9}")
_SWITCH = {"": False, "false": False, "0": False, "true": True, "1": True}


def check_said_once(request: Request) -> None:
    """Refuse a query that says a thing twice that has one value: only one of them would count."""
    counted = Counter(name for name, _ in request.query_params.multi_items())
    twice = [name for name, count in counted.items() if count > 1 and name not in _REPEATABLE]
    if twice:
        raise InvalidInput.of([Fault((twice[0],), "give it once")])


class Query(BaseModel):
    """The query of one route."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class NoQuery(Query):
    """The query of a route that takes none."""


class Wait(Query):
    """How long to wait for the end of a task."""

    wait: Annotated[
        float,
        Field(
            ge=0,
            allow_inf_nan=False,
            description="Seconds to wait for the end of the task, at most gateway.maxWaitSeconds.",
        ),
    ] = 0.0


def _whole(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError("give a whole number of at most nine digits")
    return int(text)


def _switch(text: str) -> bool:
    try:
        return _SWITCH[text.lower()]
    except KeyError:
        raise ValueError("give true or false") from None


def _kinds(text: str) -> str:
    unknown = [name for name in _split(text) if name not in list(EventName)]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(EventName)}")
    return text


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


Whole = Annotated[int, Field(ge=0, lt=10**9), BeforeValidator(_whole)]


class OutputsQuery(Query):
    """Which of a task's outputs."""

    attempt: Annotated[
        Whole | None, Field(description="The number of an attempt; the newest one by default.")
    ] = None


class LogQuery(OutputsQuery):
    """Which of a task's logs, and how much of it."""

    tail: Annotated[Whole | None, Field(description="Only so many of the last lines.")] = None
    follow: Annotated[
        bool,
        BeforeValidator(_switch),
        Field(description="`true` to go on as it grows, to the end of the attempt."),
    ] = False


class EventsQuery(Query):
    """Which of a task's events."""

    only: Annotated[
        str,
        AfterValidator(_kinds),
        Field(
            description="The kinds of events to tell, with commas between them: "
            f"{', '.join(EventName)}."
        ),
    ] = ""

    @property
    def kinds(self) -> frozenset[EventName]:
        """The kinds that are asked for."""
        return frozenset(map(EventName, _split(self.only))) or frozenset(EventName)


def _checked(labels: list[str]) -> list[str]:
    labels_of(labels)
    return labels


class SubmitQuery(Query):
    """What may be asked for beside the arguments."""

    priority: Annotated[
        Priority | None, Field(description="Of tasks that wait for a place, the higher goes first.")
    ] = None
    label: Annotated[
        list[str],
        AfterValidator(_checked),
        Field(description=f"A label, as `key=value`; up to {MAX_LABELS} times."),
    ] = Field(default_factory=list)
    queue_deadline: Annotated[
        Seconds | None, Field(description="Longest wait for a place, in seconds.")
    ] = None
    start_deadline: Annotated[
        Seconds | None, Field(description="Longest start of an attempt, in seconds.")
    ] = None
    run_deadline: Annotated[
        Seconds | None, Field(description="Longest run of an attempt, in seconds.")
    ] = None
    callback: Annotated[
        str | None, Field(description="URL that is told of the task, by signed webhooks.")
    ] = None
    callback_states: Annotated[
        str | None,
        Field(
            description="Phases to tell of, with commas between them; the end of the task by default."
        ),
    ] = None

    def options(self, webhooks: WebhookSettings) -> Options:
        """The same, as the gateway's own.

        Raises:
            InvalidInput: the callback cannot be had.
        """
        deadlines = Deadlines(
            queue=self.queue_deadline, start=self.start_deadline, run=self.run_deadline
        )
        return Options(
            labels=labels_of(self.label),
            priority=self.priority,
            deadlines=deadlines if deadlines.to_wire() else None,
            callback=callback_asked(self.callback, self.callback_states, webhooks),
        )


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[ -~]+$",
        description="Repeats with the same key, of the same request, find the task of the first one.",
    ),
]
"""The header `Idempotency-Key`."""
