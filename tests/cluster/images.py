"""Builds images by buildah on top of the base image, and gives them to the local registry.

A build reaches the package indexes just as this machine does, and nothing of that stays in the
image: the settings of pip and the machine's certificates are mounted for the build only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import httpx

from .base_image import base_image
from .commands import progress, run
from .files import keep
from .layout import REGISTRY, cache_dir
from .pip import pip

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PIP_SETTINGS = ("cert", "index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout")


def build(
    context: Path,
    name: str,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    dockerfile: Path | None = None,
    registry: str = REGISTRY,
) -> str:
    """Build the image `name` and return the reference by which a pod pulls it.

    The Dockerfile gets the base image as build argument BASE. Layers are cached: after a change of
    sources only what follows their COPY is done again. The tag is that of the content, so that a
    node never takes an older image for this one.
    """
    arguments = {"BASE": base_image(), **(build_args or {})}
    options = [
        *("--quiet", "--layers", "--pull-never"),
        # buildah's own network would take the pods' addresses.
        *("--isolation=chroot", "--network=host"),
        *(f"--volume={mount}:ro" for mount in _mounts()),
        *(f"--build-arg={key}={value}" for key, value in arguments.items()),
        *((f"--target={target}",) if target else ()),
        *((f"--file={dockerfile}",) if dockerfile else ()),
        f"--tag={registry}/{name}",
    ]
    with progress(f"building the image {name}"):
        image = run("buildah", "bud", *options, context, timeout=1800).split()[-1]
        return push(image, f"{registry}/{name}:{image[:12]}")


def base(registry: str = REGISTRY) -> str:
    """The base image by itself, with Python, as a pod pulls it."""
    image = base_image()
    return push(image, image.replace(REGISTRY, registry))


def push(image: str, reference: str) -> str:
    """Give an image of buildah's store to the registry, unless it is there under that name.

    buildah knows it by the same name afterwards, so that another Dockerfile can build on it.
    """
    run("buildah", "tag", image, reference)
    if not _in_registry(reference):
        run("buildah", "push", "--quiet", "--tls-verify=false", image, f"docker://{reference}")
    return reference


def _in_registry(reference: str) -> bool:
    registry, _, path = reference.partition("/")
    if registry != REGISTRY:
        return False  # buildah knows how to ask others
    name, _, tag = path.rpartition(":")
    types = ("docker.distribution.manifest.v2", "oci.image.manifest.v1")
    url = f"http://{registry}/v2/{name}/manifests/{tag}"
    headers = {"Accept": ", ".join(f"application/vnd.{each}+json" for each in types)}
    return httpx.head(url, headers=headers, trust_env=False).is_success


def _mounts() -> list[str]:
    mounts = [f"{_pip_conf()}:/etc/pip.conf"]
    if _CERTIFICATES.exists():
        mounts.append(f"{_CERTIFICATES}:{_CERTIFICATES}")
    return mounts


def _pip_conf() -> Path:
    """What this machine's pip is told about its index, wherever it is told, as one file."""
    settings = {}
    for line in pip("config", "list").splitlines():
        if found := re.fullmatch(r"(?::env:|global)\.([\w-]+)='(.*)'", line):
            settings[found[1]] = found[2]
    lines = [f"{name} = {settings[name]}" for name in _PIP_SETTINGS if name in settings]
    return keep(cache_dir() / "images" / "pip.conf", "\n".join(["[global]", *lines, ""]))
