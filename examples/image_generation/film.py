"""From light to a picture: film response, the glow of bright spots, darker corners, fine grain."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from noise import Floats


def develop(picture: Floats, exposure: float, seed: int, oversampling: int) -> Image.Image:
    """The picture of linear colours (columns, rows, 3), made smaller by `oversampling`."""
    linear = np.swapaxes(picture, 0, 1) * np.float32(exposure * 0.88)
    values = (_film(linear) * 255.0 + 0.5).astype(np.uint8)
    large = Image.fromarray(values)
    size = (large.width // oversampling, large.height // oversampling)
    image = large.resize(size, Image.Resampling.LANCZOS)
    return _grain(_glow(image), seed)


def _film(linear: Floats) -> Floats:
    """Film response: soft in the lights, a little contrast in the darks; 0 to 1 with gamma."""
    x = np.maximum(linear, 0.0)
    toned = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.clip(toned, 0.0, 1.0) ** np.float32(1 / 2.2)


def _glow(image: Image.Image) -> Image.Image:
    """Let bright spots shine into their surroundings."""
    bright = image.point([max(0, value - 165) for value in range(256)] * 3)
    radius = max(image.width, image.height) / 55
    return ImageChops.screen(image, bright.filter(ImageFilter.GaussianBlur(radius)))


def _grain(image: Image.Image, seed: int) -> Image.Image:
    """Darken the corners, and hide the steps of smooth gradients under a little grain."""
    values = np.asarray(image, dtype=np.float32)
    rows, columns = values.shape[:2]
    y, x = np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, columns)[None, :]
    corners = 1.0 - 0.10 * np.clip(x * x * 0.8 + y * y * 0.6 - 0.15, 0.0, None)
    rng = np.random.default_rng(seed + 20)
    grain = rng.normal(0.0, 1.3, (rows, columns)).astype(np.float32)
    toned = values * corners[..., None].astype(np.float32) + grain[..., None]
    return Image.fromarray(np.clip(toned, 0, 255).astype(np.uint8))
