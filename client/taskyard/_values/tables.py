"""Arrays and tables: `numpy.ndarray` and `pandas.DataFrame`, which travel as JSON, as BentoML has them.

Both libraries are imported when a value is at hand, never for a schema: whoever could write the
annotation has imported them.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic_core import PydanticSerializationError, to_json

from taskyard._values.files import file_of, mismatch, only
from taskyard._values.wire import Encoded, InvalidResult, JsonValue, Part, Parts, TextPart

if TYPE_CHECKING:
    import numpy
    import pandas


@dataclass(frozen=True, init=False)
class Shape:
    """The lengths of an array's dimensions: `Annotated[NDArray[np.float32], taskyard.Shape(224, 224, 3)]`."""

    dimensions: tuple[int, ...]

    def __init__(self, *dimensions: int) -> None:
        object.__setattr__(self, "dimensions", dimensions)


@dataclass(frozen=True)
class DataFrameSchema:
    """How a table travels: `Annotated[pd.DataFrame, taskyard.DataFrameSchema("columns", ("a", "b"))]`.

    Attributes:
        orient: `records` for a list of objects, one for each row; `columns` for an object of lists.
        columns: which it must have, in this order; None allows any.
    """

    orient: Literal["records", "columns"] = "records"
    columns: tuple[str, ...] | None = None


class Array:
    """`numpy.ndarray`: nested lists of numbers; NaN is null.

    Args:
        dtype: the name of the numbers' type; None leaves it to NumPy.
        shape: which every value must have; None allows any.
    """

    def __init__(self, dtype: str | None, shape: tuple[int, ...] | None) -> None:
        self._dtype = dtype
        self._shape = shape

    def schema(self) -> dict[str, Any]:
        """BentoML's form for an array."""
        schema: dict[str, Any] = {"type": "tensor", "format": "numpy-array"}
        if self._dtype:
            schema["dtype"] = self._dtype
        if self._shape:
            schema["shape"] = list(self._shape)
        return schema

    def decode(self, parts: Parts) -> "numpy.ndarray[Any, Any]":
        """The array of the one part, in its type and shape."""
        import numpy

        try:
            array = numpy.array(_json(only(parts)), dtype=self._dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"is no array: {error}") from None
        if self._shape and array.shape != self._shape:
            raise ValueError(f"must have the shape {self._shape}, and has {array.shape}")
        return array

    def encode(self, value: Any) -> Encoded:
        """The array as nested lists."""
        import numpy

        if not isinstance(value, numpy.ndarray):
            raise mismatch(value, "numpy.ndarray")
        if self._shape and value.shape != self._shape:
            raise InvalidResult(
                f"the task returned an array of the shape {value.shape}, and its return "
                f"annotation says {self._shape}"
            )
        return _encoded(value)


_FORMS = {
    "records": "a list of objects, one for each row",
    "columns": "an object of lists, one for each column",
}


class Frame:
    """`pandas.DataFrame`: a list of records, or an object of columns; what is missing is null."""

    def __init__(self, form: DataFrameSchema) -> None:
        self._form = form

    def schema(self) -> dict[str, Any]:
        """BentoML's form for a table."""
        columns = {"columns": list(self._form.columns)} if self._form.columns else {}
        return {"type": "dataframe", "orient": self._form.orient, **columns}

    def decode(self, parts: Parts) -> "pandas.DataFrame":
        """The table in the one part."""
        import pandas

        value = _json(only(parts))
        match self._form.orient, value:
            case "records", list() if all(isinstance(row, dict) for row in value):
                pass
            case "columns", dict() if all(isinstance(each, list) for each in value.values()):
                pass
            case orient, _:
                raise ValueError(f"must be {_FORMS[orient]}")
        try:
            frame = pandas.DataFrame(value)
        except ValueError as error:
            raise ValueError(f"is no table: {error}") from None
        return self._arranged(frame)

    def encode(self, value: Any) -> Encoded:
        """The table, without the index."""
        import pandas

        if not isinstance(value, pandas.DataFrame):
            raise mismatch(value, "pandas.DataFrame")
        if not value.columns.is_unique:
            raise InvalidResult("the table has two columns of one name, and its rows cannot")
        try:
            return _encoded(self._arranged(value), self._form.orient)
        except ValueError as error:
            raise InvalidResult(f"the table that the task returned {error}") from None

    def _arranged(self, frame: "pandas.DataFrame") -> "pandas.DataFrame":
        """The columns in their order; raises ValueError where they are others."""
        wanted = self._form.columns
        if wanted is None:
            return frame
        if frame.empty and not len(frame.columns):  # no record says which columns there are
            return frame.reindex(columns=list(wanted))
        if set(frame.columns) != set(wanted):
            found = ", ".join(map(str, frame.columns))
            raise ValueError(f"must have the columns {', '.join(wanted)}, and has {found}")
        return frame[list(wanted)]


def array_kind(bare: Any, metadata: Sequence[Any]) -> Array | None:
    """The kind of array that a type means, with what `Annotated` says beside it; None for any other."""
    numpy = sys.modules.get("numpy")
    if numpy is None or numpy.ndarray not in (bare, get_origin(bare)):
        return None
    shape = next((each.dimensions for each in metadata if isinstance(each, Shape)), None)
    return Array(_dtype(bare), shape)


def frame_kind(bare: Any, metadata: Sequence[Any]) -> Frame | None:
    """The table that a type means, with what `Annotated` says beside it; None for any other."""
    pandas = sys.modules.get("pandas")
    if pandas is None or bare is not getattr(pandas, "DataFrame", None):
        return None
    forms = (each for each in metadata if isinstance(each, DataFrameSchema))
    return Frame(next(forms, DataFrameSchema()))


def _dtype(bare: Any) -> str | None:
    """`float32` of `NDArray[numpy.float32]`; None where the type is any, or a family of types."""
    import numpy

    found = get_args(get_args(bare)[1]) if len(get_args(bare)) > 1 else ()
    concrete = found and found[0] in numpy.sctypeDict.values()
    return numpy.dtype(found[0]).name if concrete else None


def _json(part: Part) -> Any:
    match part:
        case JsonValue(value):
            return value
        case TextPart(text):
            return json.loads(text)
    return json.loads(file_of(part).read_bytes())


def to_plain(value: Any, orient: str = "records") -> Any:
    """An array (also of torch) as nested lists, a table as records or columns; what is missing is None.

    Raises:
        ValueError: it is neither, or holds infinity, for which JSON has no word.
    """
    if hasattr(value, "tolist"):
        plain = value.tolist()
        if getattr(getattr(value, "dtype", None), "kind", "") == "f" and (abs(value) == inf).any():
            raise ValueError("infinity has no word in JSON")
        return plain
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        # By way of objects: a column of numbers or dates has no room for None.
        plain = value.astype(object).where(value.notna(), None)
        return plain.to_dict(orient="list" if orient == "columns" else "records")
    raise ValueError(f"there is no JSON for {type(value).__name__}")


def _encoded(value: Any, orient: str = "records") -> Encoded:
    try:
        content = to_json(to_plain(value, orient), inf_nan_mode="null", fallback=to_plain)
    except (PydanticSerializationError, ValueError) as error:
        raise InvalidResult(f"the result cannot be written as JSON: {error}") from None
    return Encoded(content, "application/json")
