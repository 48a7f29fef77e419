"""The id of an event holds all that a gateway must know to go on after it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.gateway.streams.position import END_TOLD, NOTHING_TOLD, Position

numbers = st.integers(0, 2**63)
marks = st.one_of(
    st.sampled_from([NOTHING_TOLD, END_TOLD]), st.integers(0, 2**32 - 1).map("{:08x}".format)
)


@given(st.builds(Position, numbers, numbers, numbers, numbers, marks))
def test_a_position_is_what_its_id_says(position: Position) -> None:
    text = position.event_id()

    assert Position.from_event_id(text) == position
    assert text.isascii()
    assert len(text) < 90


@pytest.mark.parametrize(
    "text",
    ["1", "1.0.0.0.0", "2.0.0.0.0.new", "1.-1.0.0.0.new", "1.00.0.0.0.new", "1.0.0.0.0.new\n"],
)
def test_what_no_event_ever_had_is_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="id of an event"):
        Position.from_event_id(text)
