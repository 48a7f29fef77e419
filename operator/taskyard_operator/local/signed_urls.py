"""URLs that open one object of this server, for a bounded time: what S3's presigned URLs are to a bucket."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

SECRET_BYTES = 32


class SignedUrls:
    """Makes and checks them.

    Args:
        server: the URL of the server that checks them, without a slash at the end.
        secret: what only it knows.
        lifetime: how long they are good for.
    """

    def __init__(self, server: str, secret: bytes, lifetime: timedelta) -> None:
        self._server = server
        self._secret = secret
        self._lifetime = lifetime

    def url(self, method: str, key: str, now: datetime) -> str:
        """A URL for one method (GET or PUT) on one object."""
        expires = int((now + self._lifetime).timestamp())
        query = urlencode({"expires": expires, "signature": self._signature(method, key, expires)})
        return f"{self._server}/objects/{quote(key)}?{query}"

    def allows(self, method: str, key: str, expires: str, signature: str, now: datetime) -> bool:
        """Whether a request carries what a URL of ours for just this would carry."""
        if not (expires.isdecimal() and len(expires) < 12 and int(expires) > now.timestamp()):
            return False
        wanted = self._signature(method, key, int(expires))
        return hmac.compare_digest(wanted.encode(), signature.encode())

    def _signature(self, method: str, key: str, expires: int) -> str:
        text = f"{method}\n{key}\n{expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()


def kept_secret(file: Path) -> bytes:
    """The secret in a file that only this user can read; made where there is none.

    It outlives the server, since the tickets of attempts that wait do.
    """
    try:
        return file.read_bytes()
    except FileNotFoundError:
        file.touch(mode=0o600)
        secret = secrets.token_bytes(SECRET_BYTES)
        file.write_bytes(secret)
        return secret
