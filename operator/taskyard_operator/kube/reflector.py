"""Follows one collection of the API: what becomes of its objects, from now on and without a gap.

It lists nothing by itself. It reads the version that the collection has, has everything listed by
whoever it tells, and watches from that version on: so what it brings and what was listed overlap, and
nothing falls in between. The same is done again where the API server knows that version no more, and
where it has refused us: what was listed may be forgotten by then.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from taskyard_operator.kube.answers import Json, VersionTooOld
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.pauses import back_off
from taskyard_operator.ports import NotPermitted, PortError, Unavailable


class Listener(Protocol):
    """Who is told. Each method returns at once, and raises nothing."""

    def heard(self) -> None:
        """The API server has said something in the watch, if only that it is there."""

    def seen(self, manifest: Json) -> None:
        """An object was created or has changed."""

    def gone(self, manifest: Json) -> None:
        """An object was deleted; this is the last of it."""

    def begins(self) -> None:
        """The watch begins here: what was before has to be listed, and that begins after this call."""

    def failed(self, error: PortError) -> None:
        """The collection cannot be watched, and that is tried again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds."""

    watch: int = 300
    """How long the API server is asked to keep one watch open."""
    silence: float = 90.0
    """A watch in which nothing is said for so long is dead: about once a minute comes a bookmark."""
    breath: float = 0.1
    """Between two watches that went well."""
    first: float = 0.5
    """At most after a failure, twice as long after each further one, and half of it at least."""
    longest: float = 30.0


class Reflector:
    """Tells a listener of one collection.

    Args:
        api: the API server.
        path: the collection.
        selector: the labels of those objects that count.
        listener: who is told.
        patience: how long to wait for what.
    """

    def __init__(
        self,
        api: KubeApi,
        path: str,
        selector: str,
        listener: Listener,
        patience: Patience = Patience(),
    ) -> None:
        self.begun = asyncio.Event()
        """Set once the version to watch from is known, or is not for us to know."""
        self._api = api
        self._path = path
        self._selector = selector
        self._listener = listener
        self._patience = patience
        self._version = ""
        self._failures = 0

    async def follow_for_ever(self) -> None:
        """Watch until cancelled, whatever the API server does."""
        while True:
            try:
                await self._watch()
            except PortError as error:
                self._failed(error)
            await asyncio.sleep(self._pause())

    async def _watch(self) -> None:
        """Watch once, until the API server ends it."""
        if not self._version:
            self._version = await self._api.version(self._path, self._selector)
            self._listener.begins()
            self.begun.set()
        clock = asyncio.get_running_loop().time
        began, version = clock(), self._version
        async for event in self._api.watch(
            self._path,
            self._version,
            self._patience.watch,
            selector=self._selector,
            silence=self._patience.silence,
        ):
            self._take(event)
        if self._version == version and clock() - began < self._patience.first:
            raise Unavailable("the watch was closed at once")

    def _take(self, event: Json) -> None:
        manifest: Json = event["object"]
        self._version = manifest["metadata"]["resourceVersion"]
        self._failures = 0
        self._listener.heard()
        if event["type"] == "DELETED":
            self._listener.gone(manifest)
        elif event["type"] != "BOOKMARK":
            self._listener.seen(manifest)

    def _failed(self, error: PortError) -> None:
        self._failures += 1
        if isinstance(error, VersionTooOld | NotPermitted):
            self._version = ""
        if isinstance(error, NotPermitted):
            self.begun.set()
        # Any watch is cut off now and then. That it cannot be made anew is worth a word.
        if self._failures > 1:
            self._listener.failed(error)

    def _pause(self) -> float:
        if not self._failures:
            return self._patience.breath
        return back_off(self._failures - 1, self._patience.first, self._patience.longest)
