"""Runs other programs, and says in full what went wrong when one fails."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class ClusterError(Exception):
    """Something of the test cluster did not work; the message says what, and where to look."""


class CommandError(ClusterError):
    """A program ended with an error, or did not end in time."""

    def __init__(self, argv: tuple[str, ...], code: int | None, stdout: str, stderr: str) -> None:
        self.argv, self.code, self.stdout, self.stderr = argv, code, stdout, stderr
        ending = "did not end in time" if code is None else f"ended with {code}"
        said = "\n".join(text.strip() for text in (stdout[-2000:], stderr[-4000:]) if text.strip())
        super().__init__(f"{shlex.join(argv)} {ending}\n{said}".rstrip())


def run(
    *argv: str | Path,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 600,
) -> str:
    """Run a program to its end and return what it printed; raise CommandError if it failed."""
    words = tuple(str(word) for word in argv)
    try:
        done = subprocess.run(
            words,
            input=stdin,
            env=env,
            cwd=cwd,
            timeout=timeout,
            text=True,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise CommandError(words, None, _text(expired.stdout), _text(expired.stderr)) from None
    except OSError as error:
        raise ClusterError(f"{words[0]} cannot be run: {error}") from error
    if done.returncode != 0:
        raise CommandError(words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def succeeds(*argv: str | Path) -> bool:
    """Whether a program ends well: for questions that are asked by exit code."""
    try:
        run(*argv)
    except ClusterError:
        return False
    return True


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say what is being made and, at the end, how long it took: for steps of many seconds."""
    started = time.monotonic()
    _say(f"cluster: {what} ...")
    try:
        yield
    except BaseException:
        _say(" failed\n")
        raise
    _say(f" {time.monotonic() - started:.1f} s\n")


def _say(text: str) -> None:
    # Not to standard output: a shell may be reading settings from there.
    print(text, end="", file=sys.stderr, flush=True)


def _text(output: str | bytes | None) -> str:
    # Of a program that ran out of time the standard library hands back bytes, even in text mode.
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
