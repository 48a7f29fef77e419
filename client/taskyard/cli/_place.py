"""Where the gateway is: at an address, or in the cluster of the current kube context."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from taskyard.cli._exits import WrongCall

LOCAL_URL = "http://127.0.0.1:3000"
"""Where `taskyard serve` listens."""
URL_VARIABLE, TOKEN_VARIABLE, TOKEN_FILE_VARIABLE = (
    "TASKYARD_URL", "TASKYARD_TOKEN", "TASKYARD_TOKEN_FILE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A gateway by its URL, which may have a path."""

    url: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """The gateway of the release in a namespace of the current kube context; None for its own one."""

    namespace: str | None


def place_of(
    url: str | None, namespace: str | None, environment: Mapping[str, str], *, plugin: bool
) -> Address | Cluster:
    """Which gateway is meant: what the call says, then the environment, then what is usual.

    `plugin` is whether the command was called as `kubectl taskyard`, which means the cluster.

    Raises:
        WrongCall: two are named, or the address is none.
    """
    if url and namespace:
        raise WrongCall("--url and --namespace name two gateways; give one of them")
    if namespace:
        return Cluster(namespace)
    url = url or environment.get(URL_VARIABLE)
    if not url:
        return Cluster(None) if plugin else Address(LOCAL_URL)
    if not url.startswith(("http://", "https://")):
        raise WrongCall(
            f"{url!r} is no address of a gateway: it must begin with http:// or https://"
        )
    return Address(url.rstrip("/"))


def token_of(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """The token to send, if there is one. It is no option: other users see the options of a process.

    Raises:
        OSError: the file cannot be read.
    """
    named = file or environment.get(TOKEN_FILE_VARIABLE)
    token = Path(named).read_text() if named else environment.get(TOKEN_VARIABLE, "")
    return token.strip() or None
