"""The keys that webhooks are signed with. They come from the environment, and are shown nowhere."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime

import standardwebhooks

KEYS_VARIABLE = "TASKYARD_WEBHOOK_KEYS"
"""One key, or several with spaces between them: while keys are changed, receivers know the old or the new."""

_PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64
"""The bounds of Standard Webhooks."""


class SigningKeys:
    """Signs messages with each of its keys, in the form of Standard Webhooks."""

    def __init__(self, keys: list[bytes]) -> None:
        self._signers = [standardwebhooks.Webhook(key) for key in keys]

    def __repr__(self) -> str:
        return f"{len(self._signers)} keys"

    def signature(self, message_id: str, at: datetime, body: str) -> str:
        """The value of the header `webhook-signature`."""
        return " ".join(signer.sign(message_id, at, body) for signer in self._signers)


def signing_keys(environment: Mapping[str, str]) -> SigningKeys:
    """The keys in the environment.

    Raises:
        ValueError: there is none, or one is no key; the message tells which, and not what it is.
    """
    texts = environment.get(KEYS_VARIABLE, "").split()
    if not texts:
        raise ValueError(f"webhooks need a signing key in the environment variable {KEYS_VARIABLE}")
    return SigningKeys([_key(text, number) for number, text in enumerate(texts, 1)])


def _key(text: str, number: int) -> bytes:
    encoded = text.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not (text.startswith(_PREFIX) and _FEWEST_BYTES <= len(key) <= _MOST_BYTES):
        raise ValueError(
            f"key {number} in {KEYS_VARIABLE} must be {_PREFIX} and {_FEWEST_BYTES} to {_MOST_BYTES} "
            "bytes in base64"
        )
    return key
