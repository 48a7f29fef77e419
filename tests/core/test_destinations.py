"""Where webhooks may go, by URL and by address."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.callback import Callback
from taskyard_operator.core.destinations import Destinations

from .tables import table

PUBLIC = Destinations()
INSIDE = Destinations(
    plain_http=True,
    hosts=frozenset({"hooks.team.svc"}),
    allowed=(ip_network("10.1.0.0/16"), ip_network("::1/128")),
    denied=(ip_network("10.1.9.0/24"), ip_network("203.0.114.0/24")),
)


@table(
    {
        "a host": "https://hooks.example.org/done",
        "a host with a port and a query": "https://hooks.example.org:8443/done?of=nlp&key=a%20b",
        "a public address": "https://93.184.215.14/",
        "a public address of version 6": "https://[2606:2800:21f:cb07::1]/",
        "a host that looks like one inside, and is judged by its address": "https://localhost/",
    }
)
def test_a_url_may_be_tried_that_names(case: str) -> None:
    assert PUBLIC.fault_of(case) is None


@table(
    {
        "nothing": ("", "absolute URL"),
        "a path": ("/done", "absolute URL"),
        "a host alone": ("hooks.example.org", "absolute URL"),
        "no host": ("https:///done", "absolute URL"),
        "something else than HTTP": ("ftp://hooks.example.org", "absolute URL"),
        "a file": ("file:///etc/passwd", "absolute URL"),
        "a space": ("https://hooks.example.org/a b", "absolute URL"),
        "the end of a header": ("https://hooks.example.org/\r\nhost: x", "absolute URL"),
        "a backslash": ("https://hooks.example.org\\@10.0.0.1/", "absolute URL"),
        "capitals, which no definition takes": ("HTTPS://hooks.example.org/", "absolute URL"),
        "a port that is none": ("https://hooks.example.org:99999/", "absolute URL"),
        "half an address": ("https://[::1/", "absolute URL"),
        "letters beyond ASCII": ("https://höks.example.org/", "absolute URL"),
        "more than fits": ("https://hooks.example.org/" + "a" * 2048, "more than 2048"),
        "no TLS": ("http://hooks.example.org/", "must begin with https://"),
        "a password": ("https://user:secret@hooks.example.org/", "user name or a password"),
        "a user": ("https://user@hooks.example.org/", "user name or a password"),
        "this machine": ("https://127.0.0.1/", "no public address"),
        "this machine, in version 6": ("https://[::1]/", "no public address"),
        "the machine's metadata": ("https://169.254.169.254/latest", "no public address"),
        "this machine as one number": ("https://2130706433/", "must name a host"),
        "this machine in few parts": ("https://127.1/", "must name a host"),
        "this machine in hexadecimal": ("https://0x7f.0.0.0x1/", "must name a host"),
        "this machine in octal": ("https://0177.0.0.01/", "must name a host"),
    }
)
def test_a_url_is_refused_that_names(case: tuple[str, str]) -> None:
    url, why = case

    assert why in (PUBLIC.fault_of(url) or "")


@given(st.from_regex(r"\A[hH]ttps?://[ -~]{0,20}\Z") | st.text(max_size=30))
def test_what_may_be_tried_is_what_a_task_run_takes(url: str) -> None:
    if INSIDE.fault_of(url) is None:
        assert Callback(url=url).url == url


@table(
    {
        "loopback": "127.0.0.1",
        "the whole of loopback": "127.255.0.9",
        "private 10": "10.0.0.1",
        "private 172": "172.31.255.255",
        "private 192": "192.168.1.1",
        "link-local, where clouds have their metadata": "169.254.169.254",
        "carriers' own": "100.64.0.1",
        "unspecified": "0.0.0.0",
        "broadcast": "255.255.255.255",
        "multicast": "224.0.0.251",
        "multicast of the whole world": "239.1.1.1",
        "for documents": "203.0.113.5",
        "for benchmarks": "198.18.0.1",
        "reserved": "240.0.0.1",
        "loopback of version 6": "::1",
        "unspecified of version 6": "::",
        "unique local": "fd00::1",
        "link-local of version 6": "fe80::1",
        "link-local with its interface": "fe80::1%eth0",
        "site-local": "fec0::1",
        "multicast of version 6": "ff02::1",
        "private, mapped": "::ffff:10.0.0.1",
        "loopback, compatible": "::127.0.0.1",
        "private, through NAT64": "64:ff9b::10.0.0.1",
        "private, through 6to4": "2002:a00:1::1",
        "private, through Teredo": "2001:0:a00:1::1",
        "for documents of version 6": "2001:db8::1",
        "no address": "hooks.example.org",
    }
)
def test_an_address_is_not_called_that_is(case: str) -> None:
    assert not PUBLIC.allows("hooks.example.org", case)


@table(
    {
        "public": "93.184.215.14",
        "public of version 6": "2606:2800:21f:cb07::1",
        "public, mapped": "::ffff:93.184.215.14",
        "public, through NAT64": "64:ff9b::93.184.215.14",
    }
)
def test_an_address_is_called_that_is(case: str) -> None:
    assert PUBLIC.allows("hooks.example.org", case)


@pytest.mark.parametrize(
    ("host", "address", "may"),
    [
        pytest.param("a.example", "10.1.2.3", True, id="in an allowed network"),
        pytest.param("a.example", "::ffff:10.1.2.3", True, id="in an allowed network, mapped"),
        pytest.param("a.example", "::1", True, id="in an allowed network of version 6"),
        pytest.param("a.example", "10.2.0.1", False, id="beside the allowed network"),
        pytest.param("a.example", "10.1.9.1", False, id="denied within an allowed network"),
        pytest.param("a.example", "203.0.114.1", False, id="denied though public"),
        pytest.param("hooks.team.svc", "10.2.0.1", True, id="a host that is allowed"),
        pytest.param("Hooks.Team.svc.", "10.2.0.1", True, id="the same, spelt otherwise"),
        pytest.param("x.hooks.team.svc", "10.2.0.1", False, id="a host below it"),
    ],
)
def test_the_platform_team_may_say_otherwise(host: str, address: str, may: bool) -> None:
    assert INSIDE.allows(host, address) is may


def test_http_may_be_allowed_and_addresses_too() -> None:
    assert INSIDE.fault_of("http://10.1.2.3:8080/done") is None
    assert "no public address" in (INSIDE.fault_of("http://10.2.0.1/") or "")
