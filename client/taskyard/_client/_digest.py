"""Whether a body has come as it was stored: the gateway says its SHA-256 (RFC 9530, `Repr-Digest`)."""

import base64
import hashlib
import re

_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:(?P<digest>[A-Za-z0-9+/]{43}=):")


class Digest:
    """The digest of one body as it comes.

    Args:
        repr_digest: The header; whatever names no SHA-256 promises nothing.
    """

    def __init__(self, repr_digest: str) -> None:
        promised = _SHA256.search(repr_digest)
        self._promised = base64.b64decode(promised["digest"]) if promised else None
        self._found = hashlib.sha256() if promised else None

    def update(self, chunk: bytes) -> None:
        """Take in the next piece."""
        if self._found:
            self._found.update(chunk)

    def mismatch(self) -> str | None:
        """What is wrong with the whole, in words; None where it is as promised, or nothing was."""
        if not self._found or not self._promised or self._found.digest() == self._promised:
            return None
        return f"its SHA-256 is {self._found.hexdigest()}, and should be {self._promised.hex()}"
