"""What a caller may ask for beside the arguments of a task."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """What is explained at `Endpoint.options`; None or nothing where the service's own counts."""

    priority: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    queue_deadline: int | None = None
    start_deadline: int | None = None
    run_deadline: int | None = None
    callback: str | None = None
    callback_states: Sequence[str] = ()
    idempotency_key: str | None = None

    def query(self) -> list[tuple[str, str]]:
        """The same as parameters of a request; the key is none of them."""
        single = {
            "priority": self.priority,
            "queueDeadline": self.queue_deadline,
            "startDeadline": self.start_deadline,
            "runDeadline": self.run_deadline,
            "callback": self.callback,
            "callbackStates": ",".join(self.callback_states) or None,
        }
        labels = [("label", f"{name}={value}") for name, value in self.labels.items()]
        return labels + [(name, str(value)) for name, value in single.items() if value is not None]

    def check_many(self) -> None:
        """Refuse what only one submit can have.

        Raises:
            ValueError: there is a key, which stands for one task.
        """
        if self.idempotency_key is not None:
            raise ValueError("an idempotency_key is of one submit; leave it out, each gets its own")

    def key(self) -> str:
        """The key of one submit: the caller's, or one that nobody had before."""
        return self.idempotency_key or secrets.token_hex(16)


NO_OPTIONS = Options()
