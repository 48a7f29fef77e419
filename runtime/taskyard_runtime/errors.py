"""Says in words what user code raised, also where its exceptions cannot be printed."""

import os
import traceback
from contextlib import suppress
from types import TracebackType

_RUNTIME = __name__.partition(".")[0]


def type_name(error: BaseException) -> str:
    """The type of an exception as a traceback shows it: `ValueError`, `requests.Timeout`."""
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ in ("builtins", "__main__")
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def describe(error: BaseException) -> str:
    """Type and text of an exception: `ValueError: seven is too many`."""
    try:
        text = str(error)
    except BaseException:  # user code, and its answer is not worth the report
        text = "<this exception cannot be printed>"
    return f"{type_name(error)}: {text}" if text else type_name(error)


def write_traceback(error: BaseException) -> None:
    """Print the traceback to standard error, from user code on, for the log."""
    try:
        frames = _user_frames(error.__traceback__)
        text = "".join(traceback.format_exception(type(error), error, frames))
    except BaseException:  # the traceback of an exception may call user code too
        text = f"{describe(error)}\n"
    # Not sys.stderr: user code may have closed or replaced it.
    with suppress(OSError):
        os.write(2, text.encode("utf-8", "backslashreplace"))


def _user_frames(frames: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of the runner at its beginning."""
    inner = frames
    while inner is not None and _is_ours(inner):
        inner = inner.tb_next
    return inner or frames


def _is_ours(frames: TracebackType) -> bool:
    # Run by `-m`, the worker is called __main__; its package tells.
    return str(frames.tb_frame.f_globals.get("__package__", "")).partition(".")[0] == _RUNTIME
