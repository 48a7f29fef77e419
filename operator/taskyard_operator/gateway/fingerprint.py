"""What two requests must have in common for one to be the repetition of the other."""

import hashlib


class Fingerprint:
    """A digest of pieces, each told from its neighbours; a piece may also come in portions.

    Of a form it is made of the parts and not of the bytes: whoever sends a form again may choose
    another boundary.
    """

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._piece = hashlib.sha256()

    def feed(self, portion: bytes) -> None:
        """Add a portion of the piece that is being told."""
        self._piece.update(portion)

    def end_piece(self) -> None:
        """The piece is complete."""
        self._whole.update(self._piece.digest())
        self._piece = hashlib.sha256()

    def add(self, *pieces: str | bytes) -> None:
        """Add whole pieces."""
        for piece in pieces:
            self.feed(piece if isinstance(piece, bytes) else piece.encode())
            self.end_piece()

    def told(self) -> str:
        """The digest, in hexadecimal."""
        return self._whole.hexdigest()
