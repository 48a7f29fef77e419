"""How the service is reached: all that a client was told when it was made."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from taskyard._errors import TaskyardError

Verify = bool | str | Path | ssl.SSLContext
"""Whom to trust: everybody (False), the usual authorities (True), those of a file, or a context."""


@dataclass(frozen=True)
class Settings:
    """What the clients explain in their docstrings; times are in seconds.

    Raises:
        ValueError: two of them contradict each other, or one makes no sense.
    """

    url: str
    token: str | None
    token_file: str | Path | None
    timeout: float | None
    server_ready_timeout: float | None
    headers: Mapping[str, str]
    verify: Verify
    proxy: str | None
    max_connections: int

    def __post_init__(self) -> None:
        if self.token is not None and self.token_file is not None:
            raise ValueError("give `token` or `token_file`, not both")
        if self.max_connections < 1:
            raise ValueError(f"max_connections must be 1 or more, not {self.max_connections}")

    @property
    def ready_timeout(self) -> float | None:
        """How long to wait at first for a service that is not ready."""
        return self.timeout if self.server_ready_timeout is None else self.server_ready_timeout

    def authorization(self) -> dict[str, str]:
        """The header that says who asks.

        A token file is read anew each time: whoever rotates the token replaces the file.

        Raises:
            TaskyardError: the file cannot be read, or what there is cannot be a token.
        """
        token = self._token_in_file() if self.token_file is not None else self.token
        if token and not (token.isascii() and token.isprintable()):
            raise TaskyardError("the token cannot be sent: it is not one line of ASCII characters")
        return {"Authorization": f"Bearer {token}"} if token else {}

    def trusted(self) -> bool | ssl.SSLContext:
        """Whom to trust, as httpx wants it told."""
        if isinstance(self.verify, bool | ssl.SSLContext):
            return self.verify
        path = Path(self.verify)
        if not path.exists():
            raise FileNotFoundError(f"verify: there are no authorities at {path}")
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)

    def check_picklable(self) -> None:
        """Say what to do where these settings cannot go into another process.

        Raises:
            TypeError: there is a TLS context in them.
        """
        if isinstance(self.verify, ssl.SSLContext):
            raise TypeError(
                "a client with a TLS context cannot be pickled, nor its tasks: "
                "give `verify` the path of a file with the authorities"
            )

    def _token_in_file(self) -> str:
        try:
            return Path(self.token_file or "").read_text().strip()
        except OSError as error:
            raise TaskyardError(f"the token file cannot be read: {error}") from error
