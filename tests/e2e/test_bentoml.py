"""The service of BentoML's page "Async task queues", unmodified, in an image with BentoML in it."""

from __future__ import annotations

from pathlib import Path

import yaml
from PIL import Image

import taskyard
from tests.compatibility.manifests import write_manifest
from tests.e2e.installation import Installation

BENTO = Path(__file__).parent / "bento"
PATIENCE = 300
"""Seconds for a first call: the node pulls an image with BentoML."""


def test_the_service_of_the_page_runs_as_it_stands(installation: Installation) -> None:
    manifest = yaml.safe_load(write_manifest(BENTO, "service:ImageGenerationService").stdout)
    manifest["metadata"]["name"] = "of-bentoml"
    name = installation.deploy(BENTO, manifest)

    with (
        installation.gateway() as url,
        taskyard.SyncHTTPClient(f"{url}/services/{name}") as client,
    ):
        task = client.long_running_image_generation.submit(prompt="a scenic mountain view that ...")
        status = task.wait(PATIENCE)
        assert status.value == "success", status
        picture = task.get()

    assert isinstance(picture, Image.Image)
    assert (picture.format, picture.size) == ("PNG", (64, 32))
    assert picture.getpixel((0, 0)) == (0, 128, 128)
