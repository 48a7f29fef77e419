"""The base image, made here: an image registry is not among the things a test machine can reach.

A minimal distribution as on this machine, by mmdebstrap, with Python where the usual images have
it. When the machine has a built Python of the wanted version, that one is copied in; else it is
the distribution's own. The result is kept in the cache as an archive.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import packages
from .commands import ClusterError, progress, run, succeeds
from .layout import REGISTRY, cache_dir

PYTHON = "3.12"

_LABEL = "dev.taskyard.recipe"
_PACKAGES = ("usr-is-merged", "ca-certificates", "netbase", "tzdata")
_DEBIAN_PYTHON = ("python3", "python3-pip", "python3-venv")
# What a built Python's extension modules are linked to.
_LIBRARIES = (
    *("libssl3", "libffi8", "libsqlite3-0", "libreadline8", "libbz2-1.0", "liblzma5"),
    *("zlib1g", "libncursesw6", "libuuid1", "libexpat1"),
)
_LEFT_OUT = ("man", "info", "locale", "doc")
_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Recipe:
    """All that the base image depends on."""

    suite: str
    python: Path | None
    """The prefix of a built Python; None for the distribution's."""

    @property
    def tag(self) -> str:
        return f"{REGISTRY}/python:{PYTHON if self.python else 'distribution'}-slim"

    @property
    def fingerprint(self) -> str:
        source = Path(__file__).read_bytes() + repr(self).encode()
        return hashlib.sha256(source).hexdigest()[:12]

    @property
    def archive(self) -> Path:
        return cache_dir() / "images" / f"python-{self.fingerprint}.tar"


def base_image() -> str:
    """The name of the base image in buildah's store, where it is put unless it is there."""
    packages.install(*packages.IMAGES)
    recipe = Recipe(_suite(), _built_python())
    if _label(recipe.tag) != recipe.fingerprint:
        if not recipe.archive.exists():
            with progress(f"making the base image {recipe.tag}"):
                _make(recipe)
        run("buildah", "pull", "--quiet", f"docker-archive:{recipe.archive}")
    return recipe.tag


def _make(recipe: Recipe) -> None:
    container = run("buildah", "from", "scratch").strip()
    try:
        root = Path(run("buildah", "mount", container).strip())
        _install_distribution(root, recipe)
        if recipe.python:
            _copy_python(recipe.python, root)
        else:
            _arrange_distribution_python(root)
        _commit(container, recipe)
    finally:
        run("buildah", "rm", container)


def _commit(container: str, recipe: Recipe) -> None:
    settings = ("--env", f"PATH={_PATH}", "--env", "LANG=C.UTF-8", "--cmd", '["python3"]')
    label = ("--label", f"{_LABEL}={recipe.fingerprint}")
    run("buildah", "config", *settings, *label, container)
    run("buildah", "commit", "--quiet", container, recipe.tag)
    recipe.archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = recipe.archive.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    run("buildah", "push", "--quiet", recipe.tag, f"docker-archive:{unfinished}:{recipe.tag}")
    for outdated in recipe.archive.parent.glob("python-*.tar"):
        outdated.unlink()
    unfinished.rename(recipe.archive)


def _install_distribution(root: Path, recipe: Recipe) -> None:
    wanted = (*_PACKAGES, *(_LIBRARIES if recipe.python else _DEBIAN_PYTHON))
    run(
        "mmdebstrap",
        *("--quiet", "--mode=root", "--format=directory", "--variant=minbase"),
        # With usr-is-merged: else a package comes in that draws all of Perl after it.
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        f"--include={','.join(wanted)}",
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _LEFT_OUT),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        # These say something of this machine.
        '--customize-hook=rm -rf "$1/etc/resolv.conf" "$1/etc/hostname" "$1"/var/log/*',
        *(recipe.suite, root, _apt_sources()),
        timeout=1200,
    )


def _copy_python(prefix: Path, root: Path) -> None:
    library = f"lib/python{PYTHON}"
    unwanted = (
        *(f"./{library}/{name}" for name in ("test", "config-*", "idlelib", "tkinter")),
        # pip comes anew below: an installed one may trust this machine's own authorities.
        f"./{library}/site-packages/*",
        *("__pycache__", "./share", "./bin/pip*", "./bin/idle*", "./bin/2to3*", "./bin/pydoc*"),
    )
    packed = root / "python.tar"
    run("tar", "-C", prefix, *(f"--exclude={name}" for name in unwanted), "-cf", packed, ".")
    run("tar", "-C", root / "usr/local", "--no-same-owner", "-xf", packed)
    packed.unlink()
    for module in (root / "usr/local/lib").rglob("*.so*"):
        succeeds("strip", "--strip-unneeded", module)  # some of them are not to be written to
    python = f"/usr/local/bin/python{PYTHON}"
    run("chroot", root, "ldconfig")
    run("chroot", root, python, "-m", "ensurepip", "--default-pip")
    for name in ("python3", "python"):
        link = root / "usr/local/bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(f"python{PYTHON}")
    # Once here instead of at each start of a container, whose file system may be read-only.
    succeeds("chroot", root, python, "-m", "compileall", "-q", "-j", "0", "/usr/local/lib")


def _arrange_distribution_python(root: Path) -> None:
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    # The mark with which the distribution keeps pip out: an image has one purpose only.
    for mark in (root / "usr/lib").glob("python3.*/EXTERNALLY-MANAGED"):
        mark.unlink()


def _built_python() -> Path | None:
    """The newest Python of the wanted version that was built on this machine by pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = pyenv.glob(f"versions/{PYTHON}.*/bin/python{PYTHON}")
    newest = max(found, key=lambda python: _numbers(str(python)), default=None)
    return newest.parent.parent if newest else None


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _suite() -> str:
    release = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=(\S+)$", release, re.MULTILINE)
    if found is None:
        raise ClusterError("/etc/os-release does not name a release to make a base image of")
    return found[1]


def _apt_sources() -> Path:
    """Where this machine gets its packages from: the image's come from the same place."""
    files = [*Path("/etc/apt/sources.list.d").glob("*.sources"), Path("/etc/apt/sources.list")]
    for file in files:
        if file.exists() and re.search(r"^Suites:|^deb ", file.read_text(), re.MULTILINE):
            return file
    raise ClusterError("apt has no sources from which to make a base image")


def _label(image: str) -> str | None:
    template = '{{index .OCIv1.Config.Labels "' + _LABEL + '"}}'
    present = succeeds("buildah", "inspect", "--type", "image", image)
    inspect = ("inspect", "--type", "image", "--format", template, image)
    return run("buildah", *inspect).strip() if present else None
