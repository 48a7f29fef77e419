"""What falls from the sky or shines in it, nearer than the land: rain, snow, lightning, rainbow."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from light import Colour
from noise import Floats, smoothstep
from sky import Sky
from view import View
from words import Scene


def add_weather(scene: Scene, sky: Sky, view: View, picture: Floats, distance: Floats) -> None:
    """Paint the weather over `picture` (columns, rows, 3), which is changed in place."""
    if scene.rainbow:
        _rainbow(view, picture, distance)
    if scene.lightning:
        _lightning(scene, view, picture, distance)
    if scene.rain > 0.0:
        _rain(scene, sky, view, picture)
    if scene.snowfall > 0.0:
        _snowfall(scene, sky, view, picture)


def _rainbow(view: View, picture: Floats, distance: Floats) -> None:
    """A bow of light over the far land, and a faint second one outside it."""
    across, up = view.across[:, None], view.up[None, :]
    radius = np.hypot(across - 0.12, up + 0.10)
    behind = smoothstep(1.5, 6.0, np.minimum(distance, 20.0)) * smoothstep(-0.02, 0.03, up)
    for inner, width, strength in ((0.405, 0.030, 0.30), (0.500, 0.045, 0.07)):
        place = (radius - inner) / width
        if strength < 0.1:
            place = 1.0 - place
        for channel, centre in enumerate((0.85, 0.5, 0.15)):
            bow = np.exp(-(((place - centre) / 0.26) ** 2))
            picture[..., channel] += np.float32(strength) * bow * behind


def _lightning(scene: Scene, view: View, picture: Floats, distance: Floats) -> None:
    """A branching bolt over the far land, and the glow it throws on the clouds."""
    rng = np.random.default_rng(scene.seed + 21)
    canvas = Image.new("L", (view.width, view.height), 0)
    draw = ImageDraw.Draw(canvas)
    start = rng.uniform(0.25, 0.75) * view.width
    foot = view.horizon_row * 0.97
    _bolt(draw, rng, (start, 0.0), (start + rng.uniform(-0.12, 0.12) * view.width, foot), 5)
    small = canvas.resize((view.width // 8, view.height // 8)).point(
        lambda value: min(255, 12 * value)
    )
    glow = small.filter(ImageFilter.GaussianBlur(11))
    wide = (
        np.asarray(glow.resize(canvas.size, Image.Resampling.BICUBIC), dtype=np.float32).T / 255.0
    )
    sharp = np.asarray(canvas.filter(ImageFilter.GaussianBlur(1.0)), dtype=np.float32).T / 255.0
    light = sharp * 2.6 + wide * 0.9
    far = (distance > 3.0).astype(np.float32) * 0.9 + 0.1
    picture += (light * far)[..., None] * np.array((0.85, 0.80, 1.15), dtype=np.float32)


def _bolt(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    start: tuple[float, float],
    end: tuple[float, float],
    width: int,
) -> None:
    """A jagged line with finer branches, which branch again."""
    pieces = 26
    x, y = start
    for piece in range(1, pieces + 1):
        share = piece / pieces
        jag = rng.normal(0, 0.32) * (end[1] - start[1]) / pieces
        next_x = start[0] + (end[0] - start[0]) * share + jag
        next_y = start[1] + (end[1] - start[1]) * share
        draw.line([(x, y), (next_x, next_y)], fill=min(255, 60 + 45 * width), width=width)
        x, y = next_x, next_y
        if width > 1 and rng.random() < 0.16:
            fall = rng.uniform(0.4, 0.9) * (end[1] - y)
            aside = x + rng.normal(0, 0.6) * fall
            _bolt(draw, rng, (x, y), (aside, y + fall), width - 2)


def _rain(scene: Scene, sky: Sky, view: View, picture: Floats) -> None:
    """Slanting streaks in two layers, the near ones longer."""
    rng = np.random.default_rng(scene.seed + 22)
    slant = rng.uniform(-0.18, 0.18)
    veil = np.zeros((view.width, view.height), dtype=np.float32)
    for count, length, width, strength in ((2600, 0.030, 1, 0.30), (650, 0.075, 2, 0.34)):
        canvas = Image.new("L", (view.width, view.height), 0)
        draw = ImageDraw.Draw(canvas)
        thick = max(1, round(width * view.height / 1024))
        for _ in range(int(count * scene.rain)):
            x, y = rng.uniform(-0.1, 1.1) * view.width, rng.uniform(-0.1, 1.0) * view.height
            fall = length * view.height * rng.uniform(0.6, 1.3)
            shade = int(rng.uniform(70, 255))
            draw.line([(x, y), (x + slant * fall, y + fall)], fill=shade, width=thick)
        soft = canvas.filter(ImageFilter.GaussianBlur(0.8 * width * view.height / 1024))
        veil += np.asarray(soft, dtype=np.float32).T / 255.0 * np.float32(strength)
    _veil(picture, veil, _pale(sky, 1.1))


def _snowfall(scene: Scene, sky: Sky, view: View, picture: Floats) -> None:
    """Flakes in three layers; the nearest are large, soft and few."""
    rng = np.random.default_rng(scene.seed + 23)
    veil = np.zeros((view.width, view.height), dtype=np.float32)
    size = view.height / 1024
    for count, radius, strength in ((5200, 1.2, 0.55), (520, 2.3, 0.6), (60, 6.0, 0.32)):
        canvas = Image.new("L", (view.width, view.height), 0)
        draw = ImageDraw.Draw(canvas)
        for _ in range(int(count * scene.snowfall)):
            x, y = rng.uniform(0, 1) * view.width, rng.uniform(0, 1) * view.height
            r = max(0.6, radius * size * rng.uniform(0.6, 1.5))
            draw.ellipse([x - r, y - r, x + r, y + r], fill=int(rng.uniform(110, 255)))
        soft = canvas.filter(ImageFilter.GaussianBlur(math.sqrt(radius) * size * 0.9))
        veil += np.asarray(soft, dtype=np.float32).T / 255.0 * np.float32(strength)
    _veil(picture, veil, _pale(sky, 1.5))


def _pale(sky: Sky, strength: float) -> Colour:
    """The colour of something white in the air under this sky."""
    red, green, blue = sky.light.horizon
    grey = 0.6 * (red + green + blue) / 3
    return (
        strength * (grey + 0.4 * red),
        strength * (grey + 0.4 * green),
        strength * (grey + 0.4 * blue),
    )


def _veil(picture: Floats, share: Floats, colour: Colour) -> None:
    over = np.array(colour, dtype=np.float32)
    picture += (over - picture) * np.clip(share, 0.0, 0.95)[..., None]
