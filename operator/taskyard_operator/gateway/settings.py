"""The settings of the gateway: where it listens, and how much it takes of whom."""

from typing import Annotated

from pydantic import Field

from taskyard.api.runner import MAX_PART_HEADER_BYTES, MAX_PART_HEADERS, MAX_PARTS
from taskyard_operator.section import Section


class GatewaySettings(Section):
    """The HTTP gateway."""

    namespace: str = "default"
    """The namespace whose services are served."""
    root_service: str | None = None
    """The service that is also served at the root; by default the only one there is."""
    host: str = "0.0.0.0"  # noqa: S104 - it is a server in a pod of its own
    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    max_input_bytes: Annotated[int, Field(ge=1)] = 5 * 1024**3
    """Largest request body; larger ones get 413."""
    max_uploads: Annotated[int, Field(ge=1, le=1000)] = 10
    """Most bodies of over a MiB, or of unknown size, taken in at once, at some 30 MB of memory each."""
    max_json_bytes: Annotated[int, Field(ge=1)] = 4 * 1024**2
    """Largest JSON value in a request; to be checked it is held in memory, at up to 35 times its size."""
    max_picture_bytes: Annotated[int, Field(ge=1)] = 256 * 1024**2
    """Largest picture in a request, which is held in memory or a temporary file to be checked."""
    max_picture_pixels: Annotated[int, Field(ge=1)] = 170 * 10**6
    """Largest picture once decoded, in pixels, told by its header; tasks open no more than 179 million."""
    max_json_depth: Annotated[int, Field(ge=1, le=150)] = 100
    """Deepest nesting of JSON; what is deeper some reader on the way to the task gives up on."""
    max_parts: Annotated[int, Field(ge=1, le=MAX_PARTS)] = 1000
    """Most parts of a multipart body."""
    max_part_headers: Annotated[int, Field(ge=1, le=MAX_PART_HEADERS)] = 8
    """Most headers of a part; a form of a browser has two."""
    max_part_header_bytes: Annotated[int, Field(ge=256, le=MAX_PART_HEADER_BYTES)] = 4096
    """Longest header of a part, with the file's name."""
    max_head_bytes: Annotated[int, Field(ge=1024, le=1024**2)] = 64 * 1024
    """Longest head of a request: its first line and all headers, held in memory for each connection."""
    head_seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0
    """Longest time from the first byte of a request to the end of its head; then the connection ends."""
    body_silence_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Longest wait for the next piece of a body; then the request gets 408."""
    min_body_bytes_per_second: Annotated[int, Field(ge=0)] = 1000
    """Slowest body: one for which was waited longer in all, and `bodySilenceSeconds` more, gets 408."""
    answer_silence_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """Longest time that a client may take nothing of an answer; then the connection ends."""
    keep_alive_seconds: Annotated[int, Field(ge=1, le=3600)] = 65
    """How long a connection without a request is kept: longer than proxies in front keep theirs."""
    call_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Longest time that a direct call waits for its task to end; then it gets 504, and the task goes on."""
    max_wait_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Longest time that a request waits for the end of a task because of `wait`."""
    idempotency_seconds: Annotated[int, Field(ge=60, le=30 * 24 * 3600)] = 24 * 3600
    """How long an Idempotency-Key is remembered, or as long as a task's data is kept if that is less.

    It is never forgotten before its task has ended.
    """
    page_tasks: Annotated[int, Field(ge=1, le=5000)] = 50
    """Tasks on a page of a list, where its caller does not say how many."""
    max_page_tasks: Annotated[int, Field(ge=1, le=5000)] = 500
    """Most tasks on a page of a list; each that has only a record left costs a read of the object store."""
    max_waited_tasks: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Most tasks that one request waits for."""
    max_cancelled_tasks: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Most tasks that are cancelled with one request; the answer says whether there are more."""
    max_streams: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Most event streams and followed logs open at once, at up to 0.3 MB each; others get 503."""
    stream_poll_seconds: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    """Shortest pause between two looks at what a followed attempt leaves; eight times it when all is quiet."""
    heartbeat_seconds: Annotated[float, Field(ge=1, le=300)] = 15.0
    """How long an event stream may be silent before a comment goes out, so that no proxy closes it."""
    max_tail_bytes: Annotated[int, Field(ge=1024, le=64 * 1024**2)] = 1024**2
    """Most bytes of a log that are read for its last lines; they are held in memory."""
