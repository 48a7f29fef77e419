"""What others have written, such as the message of a task's error, as a terminal may be shown it."""

import json
from typing import Any

_SHOWN = {code: rf"\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_ESCAPED = {code: rf"\u{code:04x}" for code in range(0x7F, 0xA0)}
"""The control characters that JSON does not escape by itself, as it may write them."""
_LINES = _SHOWN | {ord("\n"): "\n", ord("\t"): "\t"}


def harmless(text: str) -> str:
    """Text of any number of lines, whose control characters are told and not obeyed.

    A terminal that obeyed them would set its title, forge lines or answer as if it were typed.
    """
    return text.translate(_LINES)


def as_json(document: Any, indent: int | None = None) -> str:
    """A document as JSON, which says the same and holds no control characters."""
    return json.dumps(document, indent=indent, ensure_ascii=False).translate(_ESCAPED)


def in_a_line(text: str) -> str:
    """The same as one line."""
    return " ".join(text.split()).translate(_SHOWN)
