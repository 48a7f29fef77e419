"""An image generation service: a prompt becomes a landscape, by computation alone."""

from PIL.Image import Image

import taskyard
from landscape import paint_landscape
from words import read_prompt

SMALLEST_SIDE, LARGEST_SIDE = 64, 2048
LARGEST_AREA = 1_600_000
"""Pixels. Memory grows with the area: about 1.2 GiB at this limit."""
LONGEST_PROMPT = 2000
MOST_STEPS = 200


@taskyard.service
class ImageGenerationService:
    """Paints landscapes from words."""

    @taskyard.task
    def long_running_image_generation(
        self, prompt: str, seed: int = 0, width: int = 768, height: int = 512, steps: int = 24
    ) -> Image:
        """Paint what `prompt` says.

        Args:
            prompt: what to paint, such as "a snowy mountain lake at sunset".
            seed: another number gives another picture of the same words.
            width: of the picture, in pixels.
            height: of the picture, in pixels.
            steps: rounds of erosion; more make older mountains and take longer.
        """
        _check(prompt, width, height, steps)
        task = taskyard.current_task()
        image = paint_landscape(read_prompt(prompt, seed), width, height, steps, task.progress)
        task.progress(1.0, "done")
        return image


def _check(prompt: str, width: int, height: int, steps: int) -> None:
    """Refuse what cannot be painted, saying what to change."""
    if not prompt.strip():
        raise ValueError("prompt is empty: say what to paint, such as 'a mountain lake at dawn'")
    if len(prompt) > LONGEST_PROMPT:
        raise ValueError(f"prompt has {len(prompt)} characters: keep it within {LONGEST_PROMPT}")
    for name, side in (("width", width), ("height", height)):
        if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
            limits = f"between {SMALLEST_SIDE} and {LARGEST_SIDE}"
            raise ValueError(f"{name} is {side} pixels: choose one {limits}")
    if width * height > LARGEST_AREA:
        raise ValueError(
            f"{width} x {height} is {width * height:,} pixels: make width or height smaller, "
            f"to at most {LARGEST_AREA:,} pixels together"
        )
    if not 0 <= steps <= MOST_STEPS:
        raise ValueError(f"steps is {steps}: choose a number between 0 and {MOST_STEPS}")
