"""The index by which runs that have ended are listed, newest first: one empty object per run.

    _listed/<namespace>/<place>_<tags>

The *place* sorts a run among all others, the newest first; of two of one second the one with the
greater name. The *tags* are short digests of what a list can be filtered by, so that those runs can
be passed over which a filter does not pick, without reading them. That a tag is there proves nothing:
whoever finds an entry reads the record, and believes that.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2s
from math import ceil
from typing import NamedTuple, Self

from taskyard.api.names import MAX_RUN_NAME
from taskyard.api.taskrun import TaskRun

INDEX = "_listed"

MAX_TAGS = 26
"""So many fit into the name of a file, which may have 255 bytes, with a place and `_MORE`."""

AFTER_ALL = "_"
"""Sorts after every place."""
_LAST_SECOND = 9_999_999_999
_LETTERS = "-.0123456789abcdefghijklmnopqrstuvwxyz"
_MIRRORED = "-.0123456789_abcdefghijklmnopqrstuvwxy"[::-1]
"""What a name is made of, and what stands for it: what sorted first then sorts last."""
_END = "z"
"""After all letters, so that of two names of which one begins the other the longer one comes first."""
_MIRROR = str.maketrans(_LETTERS, _MIRRORED)
_BACK = str.maketrans(_MIRRORED, _LETTERS)
_PLACE = re.compile(rf"[0-9]{{10}}[-.0-9_a-y]{{1,{MAX_RUN_NAME}}}{_END}")
_MORE = "-etc"
"""There are labels for which there was no room."""


class Entry(NamedTuple):
    """What a list knows of a run before it has read it. Entries sort as the list does."""

    place: str
    tags: str

    @classmethod
    def of(cls, run: TaskRun) -> Self:
        """The entry of a run as it is now."""
        return cls(place_of(run), _tags_of(run))

    @classmethod
    def from_name(cls, name: str) -> Self | None:
        """The entry of an object of the index, by the last part of its key; None where it is none."""
        place, _, tags = name.rpartition("_")
        return cls(place, tags) if is_place(place) else None

    @property
    def name(self) -> str:
        """The last part of the key of its object."""
        return f"{self.place}_{self.tags}"

    @property
    def run(self) -> str:
        """The name of the run."""
        return self.place[10:-1].translate(_BACK)

    def has(self, tag: str) -> bool:
        """Whether what the tag stands for may be said of the run; if not, it surely may not."""
        return tag in self.tags

    def has_label(self, key: str, value: str) -> bool:
        """Whether the run may have that label."""
        return self.has(label_tag(key, value)) or _MORE in self.tags


def listed_key(namespace: str, entry: Entry) -> str:
    """The object by which a run that has ended is listed."""
    return f"{listed_folder(namespace)}/{entry.name}"


def listed_folder(namespace: str) -> str:
    """The folder of the index that holds the entries of a namespace."""
    return f"{INDEX}/{namespace}"


def place_of(run: TaskRun) -> str:
    """Where a run stands in a list; the same from its TaskRun and from its record."""
    created = run.metadata.creation_timestamp
    second = int(created.timestamp()) if created else 0
    return f"{_mirrored(second)}{run.metadata.name.translate(_MIRROR)}{_END}"


def is_place(text: str) -> bool:
    """Whether a text, which may come from anybody, is the place of a run."""
    return _PLACE.fullmatch(text) is not None


def place_of_time(when: datetime) -> str:
    """What sorts after all runs that were created at that time or later, and before all others."""
    return _mirrored(ceil(when.timestamp()) - 1)


def _mirrored(second: int) -> str:
    return f"{_LAST_SECOND - min(max(second, 0), _LAST_SECOND):010d}"


def tag(kind: str, value: str) -> str:
    """The tag that says `value` of a run; `kind` is what of it that is."""
    return "-" + blake2s(f"{kind}={value}".encode(), digest_size=3).hexdigest()


def label_tag(key: str, value: str) -> str:
    """The tag of a label."""
    return tag("label", f"{key}={value}")


def _tags_of(run: TaskRun) -> str:
    tags = list(_all_tags(run))
    return "".join(tags[:MAX_TAGS]) + (_MORE if len(tags) > MAX_TAGS else "")


def _all_tags(run: TaskRun) -> Iterator[str]:
    yield tag("service", run.spec.service)
    yield tag("task", run.spec.task)
    yield tag("phase", run.phase)
    yield tag("reason", run.status.reason or "")
    for key, value in sorted(run.metadata.labels.items()):
        yield label_tag(key, value)
