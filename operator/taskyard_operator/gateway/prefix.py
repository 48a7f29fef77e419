"""The path in front of a service's routes, and what BentoML's clients make of it.

Given an address with a path, they leave that path out when they submit, and only then: what they ask
for is the bare route. So they are told routes which have the path in them. Then they submit to
`/services/x/paint/submit`, which is right, and ask for all else below `/services/x/services/x/paint`,
where the second path is passed over.
"""

import re

from fastapi import Request

_FORWARDED = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def prefix_of(request: Request) -> str:
    """The path of the service that a request is for, as its sender sees it; empty for the root.

    A proxy in front that takes a path away says so in `X-Forwarded-Prefix`.
    """
    forwarded = request.headers.get("x-forwarded-prefix", "").rstrip("/")
    outer = forwarded if _FORWARDED.fullmatch(forwarded) else ""
    service = request.path_params.get("service")
    return f"{outer}/services/{service}" if service else outer


def own_api_from(request: Request) -> str:
    """Where /v1 is, seen from the root of the service that a request is for."""
    return "../../v1" if request.path_params.get("service") else "v1"


def route_in(route: str, request: Request) -> str:
    """The route of a task, without a service's path that a client has put before it once more."""
    return route.removeprefix(f"{prefix_of(request)}/".lstrip("/"))
