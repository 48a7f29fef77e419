"""Arrays and tables on their whole way: client, wire, runner, result, client."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from taskyard._client._decoding import decode
from taskyard._client._encoding import encode
from taskyard._client._outcomes import Reply
from taskyard._client._schema import Parameter, TaskSchema
from taskyard._service import TaskDefinition, definition_of
from taskyard._values.wire import Encoded, InvalidInput, InvalidResult, JsonValue, TextPart
from tests.runtime.services.tables import Tables


def task(name: str) -> TaskDefinition:
    return definition_of(Tables).tasks[name]


def call(name: str, **arguments: Any) -> Any:
    """What a client of the task gets for these arguments."""
    definition = task(name)
    schema = definition.input_schema()
    parameters = tuple(
        Parameter(key, each, key in schema.get("required", ()))
        for key, each in schema["properties"].items()
    )
    wire = TaskSchema(name, f"/{name}", "", parameters, definition.output_schema())
    body = b"".join(piece for piece in encode(wire, arguments).pieces if isinstance(piece, bytes))
    given = {key: [JsonValue(value)] for key, value in json.loads(body).items()}
    value = definition.function(Tables(), **definition.signature.decode(given))
    encoded = definition.signature.encode(value)
    assert isinstance(encoded, Encoded)
    assert isinstance(encoded.content, bytes)
    return decode(wire.output, Reply(200, {"content-type": encoded.content_type}, encoded.content))


def test_an_array_keeps_type_and_shape() -> None:
    result = call("scale", matrix=np.array([[1, 2], [3, np.nan]], np.float32), by=0.5)

    np.testing.assert_array_equal(result, np.array([[0.5, 1], [1.5, np.nan]], np.float32))
    assert result.dtype == np.float32


def test_an_array_of_any_type_and_shape_is_what_its_numbers_are() -> None:
    result = call("mask", values=np.arange(6).reshape(1, 2, 3), threshold=2)

    assert result.dtype == np.bool_
    assert result.tolist() == [[[False, False, False], [True, True, True]]]


def test_nested_lists_are_taken_for_an_array() -> None:
    assert call("scale", matrix=[[1, 2], [3, 4]]).tolist() == [[2, 4], [6, 8]]


def test_a_table_keeps_its_columns() -> None:
    frame = pd.DataFrame({"b": [1, 2], "a": [0.1, 0.2]})

    result = call("total", frame=frame)

    assert list(result.columns) == ["b", "a"]
    assert result.to_dict("records") == [{"b": 3.0, "a": 0.1 + 0.2}]


def test_what_is_missing_in_a_table_is_missing_on_the_other_side() -> None:
    when = pd.Timestamp("2026-01-02T03:04:05Z")
    frame = pd.DataFrame({"x": [1.5, None], "when": [when, pd.NaT], "name": ["a", None]})

    result = call("echo", frame=frame)

    assert result.isna().to_numpy().tolist() == [[False] * 3, [True] * 3]
    assert pd.Timestamp(result["when"][0]) == when


def test_a_table_travels_as_its_annotation_says() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})

    result = call("arranged", frame=frame)

    assert list(result.columns) == ["a", "b"]
    assert result.to_dict("records") == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_a_table_that_may_be_left_out_is_left_out() -> None:
    assert call("echo").empty


def test_schemas_are_those_of_bentoml() -> None:
    assert task("scale").input_schema()["properties"]["matrix"] == {
        "type": "tensor", "format": "numpy-array", "dtype": "float32", "shape": [2, 2],
    }  # fmt: skip
    assert task("total").output_schema() == {"type": "dataframe", "orient": "records"}
    assert task("arranged").input_schema()["properties"]["frame"] == {
        "type": "dataframe", "orient": "columns", "columns": ["b", "a"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "argument", "value", "message"),
    [
        ("scale", "matrix", [1, 2, 3, 4], r"matrix: must have the shape \(2, 2\), and has \(4,\)"),
        ("scale", "matrix", [[1, 2], [3]], "matrix: is no array: "),
        ("scale", "matrix", "many", "matrix: is no array: "),
        ("total", "frame", {"a": 1}, "frame: must be a list of objects, one for each row"),
        ("total", "frame", [1], "frame: must be a list of objects, one for each row"),
        ("arranged", "frame", [{"a": 1}], "frame: must be an object of lists, one for each column"),
        ("arranged", "frame", {"a": [1], "b": [1, 2]}, "frame: is no table: All arrays must be of"),
        ("arranged", "frame", {"a": [1]}, "frame: must have the columns b, a, and has a"),
        (
            "arranged",
            "frame",
            {"a": [], "b": [], "c": []},
            "frame: must have the columns b, a, and",
        ),
    ],
)
def test_what_is_none_is_refused(name: str, argument: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        task(name).signature.decode({argument: [JsonValue(value)]})


def test_a_part_of_a_form_is_taken_too() -> None:
    decoded = task("scale").signature.decode({"matrix": [TextPart("[[1, 2], [3, 4]]")]})

    assert decoded["matrix"].tolist() == [[1, 2], [3, 4]]


def test_a_table_of_other_columns_is_no_result() -> None:
    with pytest.raises(InvalidResult, match="the table that the task returned must have the col"):
        task("arranged").signature.encode(pd.DataFrame({"a": [1]}))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("a list", "the task returned list, and its return annotation says numpy.ndarray"),
        ("infinity", "infinity has no word in JSON"),
        ("a shape", r"an array of the shape \(2, 2\)"),
    ],
)
def test_a_result_of_another_kind_is_refused(kind: str, message: str) -> None:
    bad = task("bad")

    with pytest.raises(InvalidResult, match=message):
        bad.signature.encode(bad.function(Tables(), kind=kind))
