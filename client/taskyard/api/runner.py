"""What the operator hands the runner: a ticket, as JSON in the environment of the pod.

Dataclasses and the standard library only: this is imported in every pod.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

TICKET_VARIABLE = "TASKYARD_TICKET"
"""The environment variable that carries the ticket."""
REPORT_VARIABLE = "TASKYARD_REPORT_PATH"
"""The one that names the file for the report; the kubelet's is the default."""
PATIENCE_VARIABLE = "TASKYARD_STORE_PATIENCE"
"""The one with the seconds after which object storage that stays away is given up; 300 by default."""
PARENT_VARIABLE = "TASKYARD_PARENT"
"""The one with the process id of a server to end with; without it nobody is watched."""

ORDERS_VARIABLE = "TASKYARD_ORDERS"
"""The one with the file descriptor on which a server of one machine gives its orders; see `Order`."""

MAX_OUTPUT_BYTES = 4 * 1024**2
"""Longest line of an output, with its end: whoever reads outputs passes a longer one over."""

MAX_PARTS = 10_000
MAX_PART_HEADERS = 64
MAX_PART_HEADER_BYTES = 64 * 1024
"""Of a multipart input, what every runner takes: the settings of a gateway cannot allow more."""


@dataclass(frozen=True, slots=True)
class InputSource:
    """Where the input is: `inline` (the arguments by name), or an object behind a presigned `url`.

    `size` (bytes) and `sha256` (hexadecimal) are those of the object, checked after the download.
    """

    inline: Mapping[str, Any] | None = None
    url: str = ""
    size: int = 0
    sha256: str = ""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One attempt's orders. URLs are presigned for exactly one object and one method.

    `cancel_grace` is in seconds: how long a cancelled task may clean up before it is killed.
    `max_report_bytes` is what the kubelet keeps of its report: less than usual in a pod of many containers.
    `outputs_url` is empty in a ticket of an operator that knows of no outputs: then none are stored.
    """

    namespace: str
    run: str
    attempt: int
    entrypoint: str
    task: str
    input: InputSource
    result_url: str
    log_url: str
    progress_url: str
    outputs_url: str = ""
    cancel_grace: float = 30.0
    max_result_bytes: int = 5 * 1024**3
    max_log_bytes: int = 16 * 1024**2
    max_outputs_bytes: int = 16 * 1024**2
    max_report_bytes: int = 4096

    def to_json(self) -> str:
        """The ticket as one line of JSON.

        Without a dollar sign: in a pod's environment Kubernetes would take `$(NAME)` for a reference to
        another variable, so that an argument could read the service's secrets, and `$$` for one `$`.
        """
        return json.dumps(asdict(self), separators=(",", ":")).replace("$", "\\u0024")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a ticket; unknown fields are ignored, so that an older runner can serve a newer operator.

        Raises:
            ValueError: the text is not a ticket; the message says what is missing.
        """
        try:
            data = json.loads(text)
            source = InputSource(**known_fields(InputSource, data.pop("input")))
            return cls(input=source, **known_fields(cls, data))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{TICKET_VARIABLE} holds no valid ticket: {error}") from error


@dataclass(frozen=True, slots=True)
class Order:
    """What a server of one machine tells a runner to do, as one line of JSON.

    `ticket` is that of the attempt, as JSON; `report` and `output` name the files for its report and for
    what the runner prints. A worker that `stays` takes another attempt after this one, if it can.
    """

    ticket: str
    report: str
    output: str
    stays: bool = False

    def line(self) -> bytes:
        """As a line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> Self:
        """Read a line."""
        return cls(**json.loads(line))


def known_fields(cls: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was read those fields that a dataclass has, but for an `input`."""
    names = set(cls.__dataclass_fields__) - {"input"}  # type: ignore[attr-defined]
    return {name: value for name, value in data.items() if name in names}
