"""The service that the help texts speak of, and tasks that do what can become of one."""

import asyncio
from pathlib import Path

from PIL import Image

import taskyard


@taskyard.service
class ImageGeneration:
    """Makes pictures."""

    @taskyard.task
    def long_running_image_generation(
        self, prompt: str, image: Image.Image | None = None
    ) -> Image.Image:
        """Paint what a prompt says."""
        print(f"painting {prompt}")
        taskyard.current_task().progress(0.5, "half of it")
        return image or Image.new("RGB", (8, 8), "green")

    @taskyard.task
    def describe(self, image: Image.Image) -> str:
        """Say what is in a picture."""
        return f"a picture of {image.width} x {image.height}"

    @taskyard.task
    def bundle(self, files: list[Path], name: str = "bundle.txt", shout: bool = False) -> Path:
        """Put files into one."""
        text = "".join(file.read_text() for file in files)
        bundle = Path(name)
        bundle.write_text(text.upper() if shout else text)
        return bundle

    @taskyard.task
    async def hold(self, seconds: float, says: str = "holding") -> dict[str, float]:
        """Take some time."""
        taskyard.current_task().progress(0.25, says)
        await asyncio.sleep(seconds)
        return {"held": seconds}

    @taskyard.task
    def fail(self, why: str) -> str:
        """Raise an error."""
        print("about to fail")
        raise ValueError(why)
