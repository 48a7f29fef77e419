"""The settings of webhooks. Their keys are none of them: see `keys.py`."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic.networks import IPvAnyNetwork

from taskyard_operator.core.callbacks import CallbackSettings
from taskyard_operator.core.destinations import Destinations
from taskyard_operator.section import Section


class WebhookSettings(Section):
    """Telling callbacks of runs."""

    enabled: bool = False
    """Off: a submit that asks for a callback is refused. On, the controller needs signing keys."""
    allow_http: bool = False
    """Whether a callback may be reached without TLS."""
    allowed_hosts: list[Annotated[str, Field(min_length=1, max_length=253)]] = Field(
        default_factory=list
    )
    """Names of hosts that may be called whatever their address is."""
    allowed_networks: list[IPvAnyNetwork] = Field(default_factory=list)
    """Networks that may be called though they are not public, such as `10.1.0.0/16`."""
    denied_networks: list[IPvAnyNetwork] = Field(default_factory=list)
    """Networks that may not be called though they are public, such as those of pods and Services."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """Longest wait for an answer of a callback, with finding and reaching its host."""
    max_concurrent: Annotated[int, Field(ge=1, le=256)] = 8
    """The most deliveries under way at once."""
    first_delay_seconds: Annotated[float, Field(ge=1, le=3600)] = 5.0
    """Wait after the first attempt that fails; each further one is three times as long."""
    longest_delay_seconds: Annotated[float, Field(ge=1, le=24 * 3600)] = 6 * 3600.0
    """Longest wait between two attempts."""
    give_up_seconds: Annotated[int, Field(ge=1, le=7 * 24 * 3600)] = 24 * 3600
    """How long after a phase was reached its delivery is given up. Until then the TaskRun is kept."""

    @property
    def of_engine(self) -> CallbackSettings:
        """What the engine needs of it."""
        return CallbackSettings(
            first_delay=timedelta(seconds=self.first_delay_seconds),
            longest_delay=timedelta(seconds=self.longest_delay_seconds),
            patience=timedelta(seconds=self.give_up_seconds),
            at_a_time=self.max_concurrent,
        )

    @property
    def destinations(self) -> Destinations:
        """Where webhooks may go."""
        return Destinations(
            plain_http=self.allow_http,
            hosts=frozenset(host.lower().rstrip(".") for host in self.allowed_hosts),
            allowed=tuple(self.allowed_networks),
            denied=tuple(self.denied_networks),
        )
