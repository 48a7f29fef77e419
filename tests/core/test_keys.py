"""Where data lies in the object store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.core import keys

from .tables import table

PARTS = st.text("abc-.", min_size=1, max_size=5).filter(lambda part: part not in (".", ".."))


def test_the_layout() -> None:
    assert keys.record_key("team", "call-7") == "team/call-7/record"
    assert keys.input_key("team", "call-7") == "team/call-7/input"
    assert keys.result_key("team", "call-7", 2) == "team/call-7/2/result"
    assert keys.log_key("team", "call-7", 2) == "team/call-7/2/log"
    assert keys.progress_key("team", "call-7", 2) == "team/call-7/2/progress"
    assert keys.outputs_key("team", "call-7", 2) == "team/call-7/2/outputs"


@pytest.mark.parametrize("key", ["team/a", "team/call-7/input", "team/a/.../b", "team/..a/b"])
def test_keys_of_the_namespace(key: str) -> None:
    assert keys.is_key_of("team", key)


@table(
    {
        "of another namespace": "other/a",
        "of a namespace whose name begins alike": "team2/a",
        "of the namespace itself": "team",
        "of nothing in it": "team/",
        "of the root": "/team/a",
        "that climbs out": "team/../other/a",
        "that climbs out at the end": "team/..",
        "that stays where it is": "team/./a",
        "with an empty part": "team//a",
        "that ends in a slash": "team/a/",
        "that is empty": "",
    }
)
def test_a_key(case: str) -> None:
    assert not keys.is_key_of("team", case)


@given(PARTS, PARTS, st.integers(1, 300))
def test_what_taskyard_writes_for_a_run_lies_in_its_namespace(
    namespace: str, run: str, attempt: int
) -> None:
    assert keys.is_key_of(namespace, keys.input_key(namespace, run))
    assert keys.is_key_of(namespace, keys.result_key(namespace, run, attempt))


@given(PARTS, st.lists(st.text("ab./", max_size=4), max_size=5).map("/".join))
def test_no_key_leads_out_of_its_namespace(namespace: str, rest: str) -> None:
    key = f"{namespace}/{rest}"

    if keys.is_key_of(namespace, key):
        assert ".." not in key.split("/")
        assert "" not in key.split("/")
