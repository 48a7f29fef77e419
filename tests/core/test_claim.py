"""What stands for an Idempotency-Key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from taskyard_operator.core.claim import (
    MAX_CLAIM_BYTES,
    Claim,
    claim_marker,
    claimed_by,
    digest_of,
)
from taskyard_operator.core.expiry import due_by, marker_key

from .builders import NOW

HOUR = "2026-11-24T05"
CLAIM = Claim("call-7", "fingerprint", NOW + timedelta(days=1))


def test_a_key_is_good_for_one_task_of_one_service() -> None:
    same = {("studio", "paint", "k")}
    others = {("studio", "draw", "k"), ("shop", "paint", "k"), ("studio", "paint", "kk")}

    digests = {digest_of(*each) for each in same | others}

    assert len(digests) == 4
    assert {len(digest) for digest in digests} == {40}
    assert digest_of("studio", "paint", "k") == digest_of("studio", "paint", "k")


def test_a_marker_names_its_claim_and_is_no_marker_of_a_run() -> None:
    marker = claim_marker(HOUR, "team", "ab" * 20)

    assert claimed_by(marker) == ("team", "ab" * 20)
    assert due_by(marker) is None
    assert claimed_by(marker_key(HOUR, "team", "call-7")) is None
    assert claimed_by(marker.replace("_idempotency", "another")) is None


@pytest.mark.parametrize("deleted", [False, True])
def test_a_claim_is_read_as_it_was_written(deleted: bool) -> None:
    claim = Claim(CLAIM.run, CLAIM.fingerprint, CLAIM.expires_at, deleted)

    assert Claim.from_json(claim.to_json()) == claim
    assert len(claim.to_json()) < MAX_CLAIM_BYTES


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(CLAIM.to_json()[:-5], id="half of one"),
        pytest.param(b'{"run": "call-7"}', id="one without a time"),
        pytest.param(CLAIM.to_json().replace(b"false", b"0"), id="one with a number for a yes"),
        pytest.param(CLAIM.to_json().replace(b"2026-", b"soon-"), id="one with no time"),
    ],
)
def test_what_is_no_claim_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        Claim.from_json(text)
