"""Control groups with a limit, as a container has one."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .runner import Attempt

CGROUPS = Path("/sys/fs/cgroup")


@contextmanager
def limited_by(attempt: Attempt, controller: str, v1: str, v2: str, limit: int) -> Iterator[None]:
    """Run the attempt in a group of its own; `v1` and `v2` are the names of its limit."""
    first = (CGROUPS / controller).is_dir()
    group = (CGROUPS / controller if first else CGROUPS) / f"taskyard-test-{secrets.token_hex(4)}"
    try:
        group.mkdir()
        (group / (v1 if first else v2)).write_text(str(limit))
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    attempt.launcher = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")]
    yield
    group.rmdir()
