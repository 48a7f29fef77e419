"""Draws a page that looks scanned: a little crooked, a little grey. For trying the service.

python make_sample.py sample.png
python make_sample.py sample.tiff --pages 3
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

HEADING = "Harbour Authority"
BODY = (
    "Notice to masters of vessels",
    "From Monday the northern entrance will be closed",
    "to all ships longer than 120 metres. Pilots will be",
    "sent to the western light at 06:30 every morning.",
    "Questions are answered on channel 14.",
)
SIGNATURE = "Amelia Thornton, Harbour Master"

_SIZE = (1240, 1754)
"""A4 at 150 dots per inch."""


def draw_page(number: int = 1) -> Image.Image:
    """Page `number` of the sample, an RGB picture; all pages but for the number are alike."""
    page = Image.new("L", _SIZE, 250)
    draw = ImageDraw.Draw(page)
    draw.text((130, 140), HEADING, fill=30, font=ImageFont.load_default(64))
    draw.line([(130, 235), (1110, 235)], fill=90, width=3)
    for line, text in enumerate(BODY):
        draw.text((130, 300 + 72 * line), text, fill=35, font=ImageFont.load_default(38))
    draw.text((130, 800), SIGNATURE, fill=35, font=ImageFont.load_default(38))
    draw.text((560, 1620), f"Page {number}", fill=60, font=ImageFont.load_default(32))
    crooked = page.rotate(0.6, Image.Resampling.BICUBIC, fillcolor=250)
    dust = np.random.default_rng(number).normal(0.0, 6.0, (_SIZE[1], _SIZE[0]))
    grey = np.clip(np.asarray(crooked, dtype=np.float64) - 8 + dust, 0, 255)
    return Image.fromarray(grey.astype(np.uint8)).convert("RGB")


def main() -> None:
    """Write the sample where the command line says."""
    parser = argparse.ArgumentParser(description="Draw a sample page, or a TIFF of several.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--pages", type=int, default=1)
    options = parser.parse_args()
    first, *others = (draw_page(number) for number in range(1, options.pages + 1))
    if others:
        first.save(options.path, save_all=True, append_images=others, compression="tiff_lzw")
    else:
        first.save(options.path)


if __name__ == "__main__":
    main()
