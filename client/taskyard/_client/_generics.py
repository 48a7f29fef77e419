"""The type variables of the clients: what a task takes, and what it returns."""

from typing import Any

# Not from typing: there they have no defaults before Python 3.13. Pydantic brings it along.
from typing_extensions import ParamSpec, TypeVar

P = ParamSpec("P", default=...)
R = TypeVar("R", covariant=True, default=Any)
