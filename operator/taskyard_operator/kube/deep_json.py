"""JSON of any depth, made into what a parser takes that gives up at some depth.

The API server stores what is nested up to 10,000 levels deep. Who creates one such object must not hide all
others that are listed with it, or end their watch.
"""

import re

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}]', re.DOTALL)


def cut_at(levels: int, text: bytes) -> bytes:
    """The same JSON, with null in the place of each array and object that is below so many others."""
    kept, depth, begin = [], 0, 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                if depth == levels + 1:
                    kept += [text[begin : token.start()], b"null"]
            case b"]" | b"}":
                if depth == levels + 1:
                    begin = token.end()
                depth -= 1
    return b"".join([*kept, text[begin:]])
