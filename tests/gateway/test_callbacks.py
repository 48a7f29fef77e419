"""What a submit may ask for in `callback` and `callbackStates`."""

from __future__ import annotations

import pytest

from taskyard.api.callback import Callback
from taskyard.api.reasons import Phase
from taskyard_operator.gateway.callbacks import callback_asked
from taskyard_operator.gateway.errors import InvalidInput
from taskyard_operator.webhooks.settings import WebhookSettings

URL = "https://hooks.example.org/done"
ON, OFF = WebhookSettings(enabled=True), WebhookSettings()


@pytest.mark.parametrize(
    ("states", "phases"),
    [
        pytest.param(None, None, id="the end"),
        pytest.param("Failed", [Phase.FAILED], id="one"),
        pytest.param(
            " Succeeded,Running, Running", [Phase.RUNNING, Phase.SUCCEEDED], id="some, in any order"
        ),
    ],
)
def test_a_callback_is_for(states: str | None, phases: list[str] | None) -> None:
    assert callback_asked(URL, states, ON) == Callback(url=URL, states=phases)


@pytest.mark.parametrize("settings", [ON, OFF])
def test_who_asks_for_none_gets_none(settings: WebhookSettings) -> None:
    assert callback_asked(None, None, settings) is None


@pytest.mark.parametrize(
    ("url", "states", "settings", "field", "why"),
    [
        (URL, None, OFF, "callback", "webhooks are off on this server"),
        ("", None, ON, "callback", "must be an absolute URL"),
        ("http://hooks.example.org", None, ON, "callback", "must begin with https://"),
        ("https://10.0.0.1/", None, ON, "callback", "no public address"),
        (None, "Failed", ON, "callbackStates", "is of no use without callback"),
        (URL, "Done,Failed", ON, "callbackStates", "'Done' is no phase; name some of Queued"),
        (URL, "", ON, "callbackStates", "'' is no phase"),
        (URL, "failed", ON, "callbackStates", "'failed' is no phase"),
    ],
)
def test_what_cannot_be_had_is_named(
    url: str | None, states: str | None, settings: WebhookSettings, field: str, why: str
) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        callback_asked(url, states, settings)

    assert [fault.loc for fault in refused.value.faults] == [(field,)]
