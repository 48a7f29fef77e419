"""A stored log goes on with what its pod has printed after it."""

from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.core.log_end import END_BYTES, what_follows

LINES = b"".join(b"step %d\n" % number for number in range(4000))


@given(stored=st.integers(END_BYTES, len(LINES)), kept=st.integers(2 * END_BYTES, len(LINES)))
def test_nothing_is_lost_and_nothing_comes_twice_where_the_two_meet(stored: int, kept: int) -> None:
    before, pod_log = LINES[:stored], LINES[-kept:]

    after = what_follows(before[-END_BYTES:], pod_log)

    if stored - END_BYTES >= len(LINES) - kept:
        assert before + after == LINES
    else:
        assert after.startswith(b"\n[taskyard: what was printed between")
        assert after.endswith(pod_log)


def test_where_too_much_was_printed_since_a_line_says_that_some_is_lost() -> None:
    after = what_follows(b"step 1\n", b"step 90\nstep 91\n")

    assert after.startswith(b"\n[taskyard: what was printed between")
    assert after.endswith(b"]\nstep 90\nstep 91\n")
