"""What others have written, such as the message of a task's error, as a terminal may be shown it."""

_SHOWN = {code: rf"\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_LINES = _SHOWN | {ord("\n"): "\n", ord("\t"): "\t"}


def harmless(text: str) -> str:
    """Text of any number of lines, whose control characters are told and not obeyed.

    A terminal that obeyed them would set its title, forge lines or answer as if it were typed.
    """
    return text.translate(_LINES)


def in_a_line(text: str) -> str:
    """The same as one line."""
    return " ".join(text.split()).translate(_SHOWN)
