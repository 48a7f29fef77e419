# mypy: ignore-errors
# fmt: off
import bentoml
from PIL.Image import Image, new

image = new("RGB", (64, 32), "teal")

# From here on, the page "Async task queues" as it stands.

@bentoml.service
class ImageGenerationService:

    @bentoml.task
    def long_running_image_generation(self, prompt: str) -> Image:
        # Process the prompt in a long-running process
        return image
