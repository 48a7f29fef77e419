"""Results with a form of their own beside JSON: text, and nothing."""

from typing import Any

from taskyard._values.files import mismatch
from taskyard._values.wire import Encoded, InvalidResult


class Text:
    """`str` as a result: the text itself, not JSON."""

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}

    def encode(self, value: Any) -> Encoded:
        """The text in UTF-8."""
        if not isinstance(value, str):
            raise mismatch(value, "str")
        try:
            return Encoded(value.encode(), "text/plain; charset=utf-8")
        except UnicodeEncodeError as error:
            raise InvalidResult(f"the task returned text that is not Unicode: {error}") from None


class Nothing:
    """`None` as a result."""

    def schema(self) -> dict[str, Any]:
        """The null value."""
        return {"type": "null"}

    def encode(self, value: Any) -> Encoded:
        """JSON's null."""
        if value is not None:
            raise mismatch(value, "None")
        return Encoded(b"null", "application/json")
