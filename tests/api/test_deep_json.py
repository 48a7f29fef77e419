"""What is left of JSON that is too deep for its reader."""

from taskyard_operator.kube.deep_json import cut_at
from tests.core.tables import table


@table(
    {
        "at the last level stays": (b"[[1]]", b"[[1]]"),
        "below it is null": (b'[[[1], 2, {"a": [3]}]]', b"[[null, 2, null]]"),
        "beside what is cut off stays": (
            b'{"a": {"b": {"c": 1}}, "d": 2}',
            b'{"a": {"b": null}, "d": 2}',
        ),
        "in a text is a text": (rb'[["[[\"[[", "\\", "]"]]', rb'[["[[\"[[", "\\", "]"]]'),
    }
)
def test_what_is(case: tuple[bytes, bytes]) -> None:
    text, left = case
    assert cut_at(2, text) == left
