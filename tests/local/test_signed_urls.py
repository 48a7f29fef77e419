"""A signed URL opens one object, for one method, for a time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from taskyard_operator.local.signed_urls import SignedUrls, kept_secret

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
URLS = SignedUrls("http://127.0.0.1:3000", b"a secret", timedelta(hours=1))


def allowed(
    url: str, method: str = "PUT", key: str | None = None, now: datetime = NOW, **changed: str
) -> bool:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    asked = unquote(parts.path.removeprefix("/objects/"))
    return URLS.allows(method, key or asked, query["expires"], query["signature"], now)


def test_it_opens_what_it_was_made_for() -> None:
    assert allowed(URLS.url("PUT", "local/call 1/1/result", NOW))


@pytest.mark.parametrize(
    "ask",
    [
        {"method": "GET"},
        {"key": "local/call-1/1/log"},
        {"now": NOW + timedelta(hours=2)},
        {"expires": "99999999999"},
        {"expires": ""},
        {"expires": "-1"},
        {"expires": "9" * 400},
        {"signature": "0" * 64},
        {"signature": "ü"},
    ],
)
def test_it_opens_nothing_else(ask: dict[str, str]) -> None:
    assert not allowed(URLS.url("PUT", "local/call-1/1/result", NOW), **ask)  # type: ignore[arg-type]


def test_the_secret_is_kept_and_for_this_user_alone(tmp_path: Path) -> None:
    first = kept_secret(tmp_path / "secret")

    assert kept_secret(tmp_path / "secret") == first
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
