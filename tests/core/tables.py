"""Table tests: a mapping from a sentence to the data of its case."""

from collections.abc import Mapping
from typing import Any

import pytest


def table(cases: Mapping[str, Any]) -> pytest.MarkDecorator:
    """Run the test once for each case; its sentence becomes the test's id."""
    return pytest.mark.parametrize("case", list(cases.values()), ids=list(cases))
