"""Where webhooks may go: a caller names the URL, and the controller can reach what the caller cannot.

So the URL is judged when it is given, and each address that its host has when it is called.
"""

import re
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from urllib.parse import SplitResult, urlsplit

from taskyard.api.callback import MAX_CALLBACK_URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_WEB_ADDRESS = re.compile(r"https?://[!-\[\]-~]+")
"""As the definitions take it, without the backslash, which readers of URLs do not agree on."""
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
"""The last label of what some resolvers take for an IPv4 address."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Destinations:
    """The policy.

    Args:
        plain_http: whether `http:` will do, too.
        hosts: names that may be called whatever their address is.
        allowed: networks that may be called though they are not public.
        denied: networks that may not be called though they are public.
    """

    plain_http: bool = False
    hosts: frozenset[str] = frozenset()
    allowed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()

    def fault_of(self, url: str) -> str | None:
        """What is wrong with a URL, as the end of a sentence on it; None where it may be tried."""
        if len(url) > MAX_CALLBACK_URL:
            return f"has more than {MAX_CALLBACK_URL} characters"
        parts = _parts(url)
        if parts is None or not parts.hostname:
            return "must be an absolute URL with a host, such as https://example.org/done"
        if parts.username is not None or parts.password is not None:
            return "must not hold a user name or a password; webhooks are signed instead"
        if parts.scheme == "http" and not self.plain_http:
            return "must begin with https:// (webhooks.allowHttp allows http:// as well)"
        return self._fault_of_host(parts.hostname)

    def _fault_of_host(self, host: str) -> str | None:
        address = _address(host)
        if address is None and _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
            return f"must name a host, and {host} is none"
        if address is not None and not self.allows(host, host):
            return f"must not lead to {host}, which is no public address"
        return None

    def allows(self, host: str, address: str) -> bool:
        """Whether a host may be called at one of its addresses."""
        if host.lower().rstrip(".") in self.hosts:
            return True
        found = _address(address)
        if found is None:
            return False
        if any(found in network for network in self.denied):
            return False
        return any(found in network for network in self.allowed) or _is_public(found)


def _parts(url: str) -> SplitResult | None:
    if not _WEB_ADDRESS.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is read, and that fails where it is none
    except ValueError:
        return None
    return parts


def _address(text: str) -> Address | None:
    """An address in its plain form: IPv4 that is wrapped into IPv6 is what it leads to."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            return IPv4Address(int(found) & 0xFFFFFFFF)
        return found.ipv4_mapped or found
    return found


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    # 6to4 is given up by everybody, and has IPv4 addresses of all kinds in it.
    return address in _GLOBAL_UNICAST and address.is_global and address.sixtofour is None
