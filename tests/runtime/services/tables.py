"""Tasks of arrays and tables."""

from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import taskyard


@taskyard.service
class Tables:
    @taskyard.task
    def scale(
        self, matrix: Annotated[NDArray[np.float32], taskyard.Shape(2, 2)], by: float = 2.0
    ) -> NDArray[np.float32]:
        assert matrix.dtype == np.float32
        return matrix * np.float32(by)

    @taskyard.task
    def mask(self, values: np.ndarray[Any, Any], threshold: float) -> NDArray[np.bool_]:
        return values > threshold

    @taskyard.task
    def total(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sum().to_frame("total").T

    @taskyard.task
    def echo(self, frame: pd.DataFrame | None = None) -> pd.DataFrame:
        return pd.DataFrame() if frame is None else frame

    @taskyard.task
    def arranged(
        self, frame: Annotated[pd.DataFrame, taskyard.DataFrameSchema("columns", ("b", "a"))]
    ) -> Annotated[pd.DataFrame, taskyard.DataFrameSchema(columns=("a", "b"))]:
        return frame

    @taskyard.task
    def bad(self, kind: str) -> Annotated[NDArray[np.float64], taskyard.Shape(1)]:
        made: dict[str, Any] = {
            "a list": [1.0],
            "infinity": np.array([np.inf]),
            "a shape": np.zeros((2, 2)),
        }
        return made[kind]  # type: ignore[no-any-return]
