"""Waits that are not all of one length, so that what failed together does not come back together."""

import hashlib


def shortened(seconds: float, drawn_from: str) -> float:
    """Up to a quarter less than `seconds`; how much is drawn from a text, so every look computes the same."""
    drawn = hashlib.sha256(drawn_from.encode()).digest()[0] / 255
    return seconds * (1 - drawn / 4)
