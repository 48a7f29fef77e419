"""The callback that a submit asks for: checked before anything is stored."""

from taskyard.api.callback import Callback
from taskyard.api.reasons import Phase
from taskyard_operator.gateway.errors import Fault, InvalidInput
from taskyard_operator.webhooks.settings import WebhookSettings

_OFF = "webhooks are off on this server, as its administrator has given it no key to sign them with"


def callback_asked(
    url: str | None, states: str | None, settings: WebhookSettings
) -> Callback | None:
    """The callback that the parameters `callback` and `callbackStates` ask for; None where they are absent.

    `states` are phases with commas between them; without them the end of the run is told, whatever it is.

    Raises:
        InvalidInput: one of the two, which it names, cannot be had.
    """
    if url is None:
        if states is None:
            return None
        raise _invalid("callbackStates", "is of no use without callback, the URL to tell of them")
    if not settings.enabled:
        raise _invalid("callback", _OFF)
    if fault := settings.destinations.fault_of(url):
        raise _invalid("callback", fault)
    return Callback(url=url, states=None if states is None else _phases(states))


def _phases(states: str) -> list[str]:
    """The phases, each once, in the order in which a run comes to them."""
    named = {word.strip() for word in states.split(",")}
    unknown = sorted(named - set(Phase))
    if unknown:
        raise _invalid(
            "callbackStates",
            f"{unknown[0]!r} is no phase; name some of {', '.join(Phase)}, with commas between them",
        )
    return [phase for phase in Phase if phase in named]


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput.of([Fault((field,), message)])
