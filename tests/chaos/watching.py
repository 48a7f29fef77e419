"""Remembers every version of the objects of one kind, from a watch in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from tests.chaos.api import Manifest, NamespaceApi


@dataclass(frozen=True)
class Seen:
    """One version of an object, and when it was seen."""

    at: datetime
    manifest: Manifest


class Watch:
    """What was seen of one kind, by name; outlives an API server that goes away for a while."""

    def __init__(
        self, api: NamespaceApi, kind: str, notice: Callable[[Manifest], None] = lambda _: None
    ) -> None:
        self._api = api
        self._kind = kind
        self._notice = notice
        self._changed = threading.Condition()
        self._seen: dict[str, list[Seen]] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._follow, name=f"watch {kind}", daemon=True)
        self._thread.start()

    def of(self, name: str) -> list[Seen]:
        """All versions of an object, oldest first."""
        with self._changed:
            return list(self._seen.get(name, []))

    def all(self) -> list[Manifest]:
        """The last version of every object there was."""
        with self._changed:
            return [versions[-1].manifest for versions in self._seen.values()]

    def until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until a condition on what was seen holds; whether it does."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def close(self) -> None:
        """Take note of nothing more."""
        self._closing = True

    def _follow(self) -> None:
        while not self._closing:
            try:
                self._follow_once()
            except (httpx.HTTPError, RuntimeError):
                time.sleep(0.2)  # the API server is away; tests of that have it so

    def _follow_once(self) -> None:
        listed = self._api.list(self._kind)
        for manifest in listed["items"]:
            self._take(manifest)
        for event in self._api.watch(self._kind, listed["metadata"]["resourceVersion"]):
            if event["type"] == "ERROR":
                return
            self._take(event["object"])

    def _take(self, manifest: Manifest) -> None:
        with self._changed:
            versions = self._seen.setdefault(manifest["metadata"]["name"], [])
            if versions and versions[-1].manifest == manifest:
                return
            versions.append(Seen(datetime.now(UTC), manifest))
            self._changed.notify_all()
        self._notice(manifest)
