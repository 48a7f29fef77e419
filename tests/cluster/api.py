"""Looks at the API server while the cluster starts: one GET, without the start-up of kubectl."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import httpx

from .certificates import certificate
from .kubeconfig import API_URL, token


def get(path: str) -> Any:
    """The object at `path`; raises for anything but a good answer."""
    answer = _ask(path)
    answer.raise_for_status()
    return answer.json()


def answers(path: str, server: str = API_URL) -> bool:
    """Whether a GET of `path` succeeds at this moment."""
    try:
        return _ask(path, server).is_success
    except (httpx.HTTPError, OSError):  # OSError: no token yet
        return False


def _ask(path: str, server: str = API_URL) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token()}"}
    with httpx.Client(verify=_trust(certificate("ca").read_text()), trust_env=False) as client:
        return client.get(server + path, headers=headers, timeout=5)


@cache
def _trust(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority)
