"""Drawings of single trees, made once per picture and stamped many times.

A sprite is an RGBA picture whose channels are not colours: red is how light the leaves are, green
how much snow they carry in winter, blue how far to the right they face, alpha what they cover.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

Rng = np.random.Generator

_TALL = 320
_TRUNK = (70, 20, 128, 255)


def conifer(rng: Rng) -> Image.Image:
    """A spruce: tiers of drooping branches, narrow at the top."""
    width = int(_TALL * rng.uniform(0.36, 0.50))
    image, draw = _canvas(width)
    middle, lean = width / 2, rng.uniform(-4, 4)
    draw.polygon([(middle - 5, _TALL), (middle + 5, _TALL), (middle + lean, 8)], fill=_TRUNK)
    tiers = 46
    for tier in range(tiers, 0, -1):
        share = tier / tiers
        y = 4 + share * (_TALL * 0.94 - 4)
        reach = (width / 2 - 2) * share**0.85 * rng.uniform(0.68, 1.0)
        for _ in range(9):
            side = rng.uniform(-1, 1)
            _branch(draw, rng, middle + lean * (1 - share), y, side * reach, share)
    return image


def broadleaf(rng: Rng) -> Image.Image:
    """A tree with a round crown of leaf clumps."""
    width = int(_TALL * rng.uniform(0.72, 0.95))
    image, draw = _canvas(width)
    middle = width / 2
    draw.polygon(
        [(middle - 9, _TALL), (middle + 9, _TALL), (middle + 3, 120), (middle - 3, 120)],
        fill=_TRUNK,
    )
    limbs = [
        (middle + rng.uniform(-0.27, 0.27) * width, rng.uniform(0.22, 0.58) * _TALL)
        for _ in range(8)
    ]
    for x, y in limbs:
        draw.line([(middle, 0.75 * _TALL), (x, y)], fill=_TRUNK, width=5)
    clumps = [_clump(rng, *limbs[int(rng.integers(len(limbs)))], width) for _ in range(900)]
    for x, y, radius in sorted(clumps, key=lambda clump: -clump[1] + rng.uniform(-60, 60)):
        light = 95 + 110 * (1 - y / _TALL) + rng.uniform(-60, 50)
        facing = 128 + 110 * (x - middle) / (width / 2) + rng.uniform(-30, 30)
        fill = (_byte(light), _byte(235 - 230 * y / _TALL), _byte(facing), 255)
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)
    return image


def tuft(rng: Rng) -> Image.Image:
    """A tuft of grass: thin blades that bend outwards."""
    width = int(_TALL * 0.9)
    image, draw = _canvas(width)
    for _ in range(60):
        root = width / 2 + rng.normal(0, 0.12) * width
        tall, bend = _TALL * rng.uniform(0.35, 0.98), rng.normal(0, 0.16) * width
        middle = (root + 0.3 * bend, _TALL - 0.55 * tall)
        fill = (_byte(rng.uniform(40, 210)), 120, _byte(128 + bend), 255)
        tip = (root + bend, _TALL - tall)
        draw.polygon([(root - 4, _TALL), (root + 4, _TALL), (middle[0] + 3, middle[1]), tip,
                      (middle[0] - 3, middle[1])], fill=fill)  # fmt: skip
    return image


def _canvas(width: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (width, _TALL), (90, 40, 128, 0))
    return image, ImageDraw.Draw(image)


def _branch(
    draw: ImageDraw.ImageDraw, rng: Rng, x: float, y: float, reach: float, share: float
) -> None:
    """One branch from the trunk at (`x`, `y`), `reach` pixels to the right, and its needles."""
    droop = abs(reach) * rng.uniform(0.22, 0.42)
    tip = (x + reach, y + droop)
    light = _byte(rng.uniform(30, 215) * (0.7 + 0.3 * share))
    facing = _byte(128 + 2.2 * reach + rng.uniform(-45, 45))
    fringe = 5 + 11 * share * rng.uniform(0.6, 1.2)
    under = [(x + reach * 0.55, y + droop * 0.8 + fringe), (x, y + fringe)]
    draw.polygon([(x, y - 2), tip, *under], fill=(light, 30, facing, 255))
    top = [(x, y - 2), tip, (x + reach * 0.5, y + droop * 0.62)]
    draw.polygon(top, fill=(_byte(light * 1.2 + 12), 235, facing, 255))


def _clump(rng: Rng, x: float, y: float, width: int) -> tuple[float, float, float]:
    """Place and radius of one clump of leaves around the end of a limb."""
    angle, away = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random()) * 0.19
    radius = rng.uniform(2.0, 6.5)
    left = x + math.cos(angle) * away * width
    return left, max(radius, y + math.sin(angle) * away * _TALL * 0.8), radius


def _byte(value: float) -> int:
    return int(min(255.0, max(0.0, value)))
