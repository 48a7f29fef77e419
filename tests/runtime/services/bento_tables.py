"""A service for BentoML of arrays and data frames, apart from the others for what it imports."""

# mypy: ignore-errors

from typing import Annotated

import bentoml
import numpy as np
import pandas as pd
from bentoml.validators import DType, Shape


@bentoml.service
class Tables:
    @bentoml.task
    def double(
        self,
        matrix: Annotated[np.ndarray, DType("float32"), Shape((2, 2))],
    ) -> np.ndarray:
        assert matrix.dtype == np.float32
        return matrix * 2

    @bentoml.task
    def total(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sum().to_frame("total").T
