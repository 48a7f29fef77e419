"""One request to the API server: how it is authenticated, told of, and what goes wrong on its way.

It stands on `kubernetes.aio` for configuration, authentication and token reload, and passes by its
generated models and its walk over every value of a body, which cost more CPU than all else on the way.
"""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client, config

from taskyard_operator.kube.paths import resource_of
from taskyard_operator.ports import Rejected, Unanswered, Unavailable

Answered = Callable[[str, str, int | None, float], None]
"""Told of each request: verb, resource, the answer's code (None: there was none), seconds."""

_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"
_METHODS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}
_HEADERS = {"Accept": _JSON, "User-Agent": "taskyard"}


async def connected(connections: int) -> client.ApiClient:
    """A client as the pod's ServiceAccount, or where there is none by the kubeconfig.

    Raises:
        Rejected: there is neither, or the kubeconfig makes no sense.
    """
    configuration = client.Configuration()
    try:
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(client_configuration=configuration)
        else:
            await config.load_kube_config(client_configuration=configuration)
    except config.ConfigException as error:
        why = f"no cluster to talk to: not in a pod, and no usable kubeconfig ({error})"
        raise Rejected(why) from error
    configuration.connection_pool_maxsize = connections
    # Else the environment and the home's netrc are looked through for each request, in a thread.
    configuration.client_session_kwargs = {"trust_env": False}
    return client.ApiClient(configuration)


class Wire:
    """Sends requests by a client; `answered` is told of each but the watches."""

    def __init__(self, api: client.ApiClient, answered: Answered) -> None:
        self._api = api
        self._answered = answered

    async def close(self) -> None:
        """Close all connections."""
        await self._api.close()

    @asynccontextmanager
    async def ask(
        self,
        verb: str,
        path: str,
        limit: aiohttp.ClientTimeout,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, and read the answer within, whatever its code is.

        Raises:
            Unavailable: there was no way to the server, or (`Unanswered`) none back.
        """
        began, code = time.monotonic(), None
        try:
            with _errors_of_the_way():
                response = await self._send(verb, path, limit, body, query)
                with closing(response):
                    code = response.status
                    yield response
        except Unanswered:
            code = None  # It began to answer, and broke off.
            raise
        finally:
            if verb != "watch":  # which takes as long as it is wanted
                self._answered(verb, resource_of(path), code, time.monotonic() - began)

    async def _send(
        self,
        verb: str,
        path: str,
        limit: aiohttp.ClientTimeout,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
    ) -> aiohttp.ClientResponse:
        method, url = _METHODS[verb], self._api.configuration.host + path
        if query:
            url = f"{url}?{urlencode(query)}"
        headers = _HEADERS | {"Content-Type": _MERGE_PATCH if verb == "patch" else _JSON}
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        answer = await self._api.rest_client.request(
            method, url, headers, body, _request_timeout=limit
        )
        response: aiohttp.ClientResponse = answer.response
        return response


@contextmanager
def _errors_of_the_way() -> Iterator[None]:
    """Says of what goes wrong on the way to the API server whether it may have been asked."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        raise Unavailable("the API server cannot be reached") from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        # It was asked, so it may have done what it was asked for.
        why = f"the API server gave no answer ({type(error).__name__})"
        raise Unanswered(why) from error
