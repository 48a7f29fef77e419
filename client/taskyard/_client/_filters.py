"""Which task runs of a service are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Filters:
    """What is explained at `SyncHTTPClient.tasks`; those of which all that is said is true."""

    task: str | None
    phases: Sequence[str]
    reason: str | None
    labels: Mapping[str, str]
    created_after: datetime | None
    created_before: datetime | None

    @classmethod
    def of(
        cls,
        task: str | None,
        phase: str | Sequence[str],
        reason: str | None,
        labels: Mapping[str, str] | None,
        created_after: datetime | None,
        created_before: datetime | None,
    ) -> Self:
        """What a caller of the client has said."""
        phases = (phase,) if isinstance(phase, str) else tuple(phase)
        return cls(task, phases, reason, labels or {}, created_after, created_before)

    def check_any(self) -> None:
        """Refuse what would mean all there are: it is more often forgotten than meant.

        Raises:
            ValueError: nothing is said.
        """
        if not self.query():
            raise ValueError(
                "say which tasks are meant; all that have not ended: "
                "phase=['Queued', 'Starting', 'Running']"
            )

    def query(self) -> list[tuple[str, str]]:
        """The same as parameters of a request.

        Raises:
            ValueError: a time is in no time zone.
        """
        single = {
            "task": self.task,
            "phase": ",".join(self.phases) or None,
            "reason": self.reason,
            "createdAfter": _told("created_after", self.created_after),
            "createdBefore": _told("created_before", self.created_before),
        }
        labels = [("label", f"{name}={value}") for name, value in self.labels.items()]
        return labels + [(name, value) for name, value in single.items() if value is not None]


def _told(name: str, when: datetime | None) -> str | None:
    if when is not None and when.tzinfo is None:
        raise ValueError(f"{name} must say its time zone: datetime.now(UTC), for example")
    return when.isoformat() if when else None
