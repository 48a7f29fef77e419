"""A cluster that somebody else runs, named by `TASKYARD_TEST_...` variables, in place of ours."""

from __future__ import annotations

import os
from pathlib import Path

from .object_store import S3Server

_PREFIX = "TASKYARD_TEST_"
_KUBECONFIG = "KUBECONFIG"
_FOR_PODS = ("REGISTRY", "HOST_IP")
_FOR_OBJECTS = ("S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY")


def given_kubeconfig() -> Path | None:
    """The file with which to reach the given cluster; None when the tests start their own."""
    path = os.environ.get(_PREFIX + _KUBECONFIG)
    return Path(path) if path else None


def given(name: str) -> str:
    """The setting of that name, which must be there."""
    return os.environ[_PREFIX + name]


def has_object_store() -> bool:
    """Whether an object store is given as well."""
    return not _missing(_FOR_OBJECTS)


def given_object_store() -> S3Server:
    """The given object store; all of its settings must be there."""
    endpoint, bucket, access_key, secret_key = map(given, _FOR_OBJECTS)
    region = os.environ.get(f"{_PREFIX}S3_REGION", "us-east-1")
    return S3Server(endpoint, bucket, access_key, secret_key, region)


def why_incomplete() -> str | None:
    """One sentence saying what is missing for tests that run pods, or None."""
    missing = _missing((*_FOR_PODS, *_FOR_OBJECTS))
    if not missing:
        return None
    return f"{_PREFIX}{_KUBECONFIG} is set, but not {' nor '.join(missing)}"


def _missing(names: tuple[str, ...]) -> list[str]:
    return [_PREFIX + name for name in names if not os.environ.get(_PREFIX + name)]
