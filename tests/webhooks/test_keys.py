"""Signing keys: what is one, and that none is ever shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from taskyard_operator.webhooks.keys import KEYS_VARIABLE, signing_keys

from .receiver import KEY, OTHER_KEY

NOW = datetime.now(UTC)


def test_keys_may_have_any_spaces_between_them() -> None:
    keys = signing_keys({KEYS_VARIABLE: f"  {KEY}\n{OTHER_KEY}\n"})

    first, second = keys.signature("id", NOW, "{}").split(" ")
    assert first.startswith("v1,")
    assert second.startswith("v1,")
    assert first != second


def test_a_key_is_not_told_by_what_holds_it() -> None:
    assert repr(signing_keys({KEYS_VARIABLE: KEY})) == "1 keys"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param("", "need a signing key in the environment", id="none"),
        pytest.param("  \n", "need a signing key in the environment", id="spaces"),
        pytest.param(f"{KEY} {KEY[6:]}", "key 2 in", id="no prefix"),
        pytest.param("whsec_c2VjcmV0", "key 1 in .* 24 to 64 bytes", id="too short"),
        pytest.param("whsec_" + "c2Vj" * 22, "key 1 in .* 24 to 64 bytes", id="too long"),
        pytest.param("whsec_" + "*" * 32, "in base64", id="no base64"),
        pytest.param("whsec_" + "a" * 33, "in base64", id="no whole bytes"),
    ],
)
def test_what_is_no_key_is_refused_without_telling_it(value: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        signing_keys({KEYS_VARIABLE: value})

    assert not any(word in str(refused.value) for word in value.split())
