"""The chart, rendered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .rendering import RELEASE, Render, Rendered, render


@pytest.fixture
def rendered(tmp_path: Path) -> Render:
    """Render the chart with some values."""

    def with_values(release: str = RELEASE, **values: Any) -> Rendered:
        return render(values, tmp_path, release)

    return with_values
