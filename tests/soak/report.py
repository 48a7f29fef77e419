"""The report of a soak: what was done when, and how many tasks of each kind ended how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.soak.blows import Blow
from tests.soak.verdict import Story


def report(struck: Sequence[tuple[float, Blow]], stories: Sequence[Story]) -> str:
    """Two tables as text."""
    return "\n".join(
        [
            "what was done to the cluster:",
            *(f"  {at:6.1f} s  {blow}" for at, blow in struck),
            "",
            "how the tasks ended:",
            *_endings(stories),
        ]
    )


def _endings(stories: Sequence[Story]) -> list[str]:
    counts = Counter((story.kind.name, " ".join(story.end).strip()) for story in stories)
    again = Counter[tuple[str, str]]()
    for story in stories:
        again[story.kind.name, " ".join(story.end).strip()] += len(story.reasons) - 1
    head = f"  {'kind':24} {'end':28} {'runs':>5} {'further attempts':>17}"
    return [head] + [
        f"  {kind:24} {end:28} {count:5} {again[kind, end]:17}"
        for (kind, end), count in sorted(counts.items())
    ]
