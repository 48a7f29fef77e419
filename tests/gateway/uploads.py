"""Multipart uploads that were begun and never ended: S3 keeps their parts, and no listing shows them."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import httpx

from tests.cluster.object_store import S3Server


def unfinished_uploads(server: S3Server, prefix: str) -> list[str]:
    """The keys, below `prefix`, of uploads that did not end (ListMultipartUploads)."""
    query = f"prefix={quote(prefix, safe='')}&uploads="
    path = f"/{server.bucket}"
    headers = _signed(server, path, query)
    # A bare context, since to load all authorities for each client takes longer than to ask.
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with httpx.Client(trust_env=False, verify=bare) as client:
        answer = client.get(f"{server.endpoint}{path}?{query}", headers=headers)
    answer.raise_for_status()
    keys = ElementTree.fromstring(answer.text).findall(".//{*}Upload/{*}Key")
    return [key.text or "" for key in keys]


def _signed(server: S3Server, path: str, query: str) -> dict[str, str]:
    """The headers of a GET without a body (AWS Signature Version 4); obstore has no such call."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": urlsplit(server.endpoint).netloc,
        "x-amz-content-sha256": empty,
        "x-amz-date": now,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"GET\n{path}\n{query}\n{lines}\n{names}\n{empty}"
    scope = f"{now[:8]}/{server.region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{server.secret_key}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.new(
        key, f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}".encode(), "sha256"
    ).hexdigest()
    credential = f"{server.access_key}/{scope}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return headers
