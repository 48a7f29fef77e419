"""A task for each kind of array and table."""

# No postponed annotations: what `Annotated` says is to be read off the class as people write it.

from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import taskyard
from taskyard import DataFrameSchema, Shape

Column = Annotated[pd.DataFrame, DataFrameSchema("columns", ("b", "a"))]


@taskyard.service
class Arrays:
    @taskyard.task
    def array(self, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        assert isinstance(value, np.ndarray)
        return value

    @taskyard.task
    def single(self, value: NDArray[np.float32]) -> NDArray[np.float32]:
        assert value.dtype == np.float32
        return value

    @taskyard.task
    def small(self, value: NDArray[np.uint8]) -> NDArray[np.uint8]:
        assert value.dtype == np.uint8
        return value

    @taskyard.task
    def flags(self, value: NDArray[np.bool_]) -> NDArray[np.bool_]:
        assert value.dtype == np.bool_
        return value

    @taskyard.task
    def shaped(
        self, value: Annotated[NDArray[np.float64], Shape(2, 1, 3)]
    ) -> Annotated[NDArray[np.float64], Shape(2, 1, 3)]:
        assert value.shape == (2, 1, 3)
        return value

    @taskyard.task
    def frame(self, value: pd.DataFrame) -> pd.DataFrame:
        assert isinstance(value, pd.DataFrame)
        return value

    @taskyard.task
    def columns(self, value: Column) -> Column:
        assert list(value.columns) == ["b", "a"]
        return value
