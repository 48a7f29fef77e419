"""Webhooks: where the phases of a run are told, and how far that has come."""

from typing import Annotated

from pydantic import Field

from taskyard.api.reasons import TERMINAL, Phase
from taskyard.api.resource import ApiModel, Time

MAX_CALLBACK_URL = 2048
"""Longest URL of a callback, in characters."""

MAX_DELIVERY_MESSAGE = 256
"""Longest sentence on a delivery, in bytes: etcd wants small objects."""

PhaseName = Annotated[str, Field(json_schema_extra={"enum": list(Phase)})]
CallbackUrl = Annotated[
    str, Field(min_length=8, max_length=MAX_CALLBACK_URL, pattern=r"^https?://[!-~]+$")
]
"""An absolute URL in printable ASCII; which of those may be called is for the platform team to say."""


class Callback(ApiModel):
    """Where the phases of a run are told, each once; of all `states` that it may reach, or of its end."""

    url: CallbackUrl
    states: (
        Annotated[
            list[PhaseName],
            Field(min_length=1, max_length=6, json_schema_extra={"x-kubernetes-list-type": "set"}),
        ]
        | None
    ) = None

    def tells(self, phase: str) -> bool:
        """Whether a run that has come to this phase is to be told of."""
        return phase in (TERMINAL if self.states is None else self.states)


class Delivery(ApiModel):
    """One phase to tell, reached at `since`: tried until it is delivered, given up, or `until` is past."""

    phase: PhaseName
    since: Time
    until: Time
    attempts: Annotated[int, Field(ge=0)] = 0
    next_attempt_at: Time | None = None
    delivered_at: Time | None = None
    given_up_at: Time | None = None
    message: Annotated[str, Field(max_length=MAX_DELIVERY_MESSAGE)] | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more is done for it."""
        return self.delivered_at is not None or self.given_up_at is not None


class CallbackStatus(ApiModel):
    """The URL that is told, be it the run's or its service's, and what becomes of each phase."""

    url: CallbackUrl
    deliveries: Annotated[
        list[Delivery],
        Field(
            max_length=6,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["phase"],
            },
        ),
    ] = Field(default_factory=list)

    @property
    def open(self) -> Delivery | None:
        """The phase that is still to be told; there is one at most, the one the run is in."""
        return next((told for told in self.deliveries if not told.settled), None)
