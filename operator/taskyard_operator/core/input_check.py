"""What is wrong with an input before anybody looks into it: its size, and whose object it is."""

import json
from collections.abc import Mapping
from typing import Any

from taskyard.api.names import MAX_INLINE_BYTES
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.keys import is_key_of


def inline_bytes(inline: Mapping[str, Any]) -> int:
    """The size of inline arguments as it is bounded: in bytes of compact JSON."""
    return len(json.dumps(inline, separators=(",", ":"), ensure_ascii=False).encode())


def fault_of_input(run: TaskRun) -> str | None:
    """The sentence to tell, or None where the input may be tried."""
    inline, stored = run.spec.input.inline, run.spec.input.object
    if stored and not is_key_of(run.metadata.namespace, stored.key):
        # Else whoever may create a TaskRun could read what lies in the store for other namespaces.
        return (
            f"spec.input.object.key must begin with {run.metadata.namespace}/ and have no "
            "empty, '.' or '..' parts: a run reads only objects of its own namespace."
        )
    if inline is None:
        return None
    size = inline_bytes(inline)
    if size > MAX_INLINE_BYTES:
        return (
            f"spec.input.inline has {size} bytes of JSON and may have {MAX_INLINE_BYTES}: "
            "submit it through the gateway, which keeps larger inputs in object storage."
        )
    return None
