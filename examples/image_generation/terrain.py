"""The lie of the land: a height map of the country before the viewer, carved by running water.

The map is an array of heights in kilometres above the water, rows going away from the viewer,
columns from left to right. The viewer stands in the middle of the first row.
"""

from collections.abc import Callable

import numpy as np

from erosion import carve
from noise import Floats, Noise, smoothstep
from words import Scene

CELL = 0.025
"""Side of one cell of the map, in kilometres."""
HALF_WIDTH = 9.0
DEPTH = 15.5


def raise_land(scene: Scene, rounds: int) -> Floats:
    """The height map of `scene`, after `rounds` rounds of erosion by rain."""
    z, x = np.meshgrid(
        np.arange(0.0, DEPTH, CELL, dtype=np.float32),
        np.arange(-HALF_WIDTH, HALF_WIDTH, CELL, dtype=np.float32),
        indexing="ij",
    )
    noise = Noise(scene.seed)
    heights = _SHAPES[scene.land](x, z, noise, scene)
    if scene.land != "dunes":
        heights = carve(heights, CELL, rounds, scene.seed)
    return _foreground(heights, x, z, noise, scene)


def sunlit(heights: Floats, sun: Floats) -> Floats:
    """How much of the sun each cell of the map sees, 0 to 1, when it stands towards `sun`."""
    coarse = heights[::2, ::2]
    rows, columns = coarse.shape
    flat = float(np.hypot(sun[0], sun[2]))
    rise = float(sun[1]) / flat
    row, column = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    blocked = np.full(coarse.shape, -1.0, dtype=np.float32)
    for step in 1.3 ** np.arange(1.0, 21.0):
        there_row = np.clip(np.rint(row + step * sun[2] / flat), 0, rows - 1).astype(np.int32)
        there_col = np.clip(np.rint(column + step * sun[0] / flat), 0, columns - 1)
        away = np.float32(step * 2 * CELL)
        over = (coarse[there_row, there_col.astype(np.int32)] - coarse) / away - np.float32(rise)
        np.maximum(blocked, over, out=blocked)
    light = smoothstep(0.06, -0.06, blocked)
    return np.repeat(np.repeat(light, 2, axis=0), 2, axis=1)[: heights.shape[0], : heights.shape[1]]


def hollows(heights: Floats) -> Floats:
    """How open each cell lies to the sky, about 0.4 (a gully) to 1.2 (a crest)."""
    mean = heights
    for axis in (0, 1):
        padded = np.pad(mean, [(8, 8) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        sums = np.cumsum(padded, axis=axis, dtype=np.float64)
        upper = np.take(sums, range(16, sums.shape[axis]), axis)
        lower = np.take(sums, range(sums.shape[axis] - 16), axis)
        mean = ((upper - lower) / 16).astype(np.float32)
    return np.clip(1.0 + (heights - mean) * 5.0, 0.4, 1.2)


def _mountains(x: Floats, z: Floats, noise: Noise, scene: Scene) -> Floats:
    """A valley that opens on a high range, with one peak above the others."""
    rng = np.random.default_rng(scene.seed + 1)
    warp = noise.fractal(x * 0.4 + 5, z * 0.4, 3) * 0.7
    ridges = noise.ridged(x * 0.28 + warp * 0.35, z * 0.28 + 3, 6, gain=0.47)
    valley = 0.9 * np.sin(z * 0.55 + rng.uniform(0, 6)) * smoothstep(1.0, 5.0, z)
    side = smoothstep(0.5, 3.4, np.abs(x - valley) - 0.05 * z + 0.5 * warp)
    far = smoothstep(4.2, 9.0, z + 0.8 * warp)
    mask = np.maximum(side * smoothstep(0.3, 4.0, z) * 0.62, far)
    peak_x, peak_z = rng.uniform(-2.4, 2.4), rng.uniform(8.5, 10.0)
    peak = np.exp(-((x - peak_x) ** 2 + (z - peak_z) ** 2) / 3.2)
    floor = 0.035 + 0.05 * noise.fractal(x * 0.7, z * 0.7 + 9, 4) + 0.01 * z
    heights: Floats = floor + mask * (0.25 + 2.1 * ridges) + peak * (0.45 + 0.9 * ridges)
    return heights


def _hills(x: Floats, z: Floats, noise: Noise, scene: Scene) -> Floats:
    """Rolling country, higher towards the horizon."""
    warp = noise.fractal(x * 0.3, z * 0.3, 3)
    rolls = 0.5 + 0.5 * noise.fractal(x * 0.55 + warp * 0.5, z * 0.7, 5, gain=0.38)
    far = noise.ridged(x * 0.22 + 4, z * 0.22, 5) * smoothstep(6.0, 13.0, z)
    grow = 0.12 + 0.88 * smoothstep(0.4, 4.0, z + 0.7 * np.abs(x))
    return -0.03 + 0.85 * rolls**1.7 * grow + 0.9 * far


def _dunes(x: Floats, z: Floats, noise: Noise, scene: Scene) -> Floats:
    """The broad swell under the dunes; their crests are too sharp for this map."""
    swell = noise.fractal(x * 0.2, z * 0.25, 3)
    return 0.02 + 0.06 * swell * smoothstep(0.5, 3.0, z) + 0.012 * z


def _mesas(x: Floats, z: Floats, noise: Noise, scene: Scene) -> Floats:
    """Flat-topped walls of layered rock that stand in a plain."""
    warp = noise.fractal(x * 0.8, z * 0.8 + 2, 4)
    blocks = noise.fractal(x * 0.26 + 0.22 * warp + 7, z * 0.26, 3) + 0.12 * warp
    open_middle = smoothstep(0.6, 2.6, np.abs(x) + 0.30 * z)
    tall = smoothstep(0.00, 0.06, blocks) * 0.46 + smoothstep(0.13, 0.19, blocks) * 0.52
    scree = smoothstep(-0.2, 0.1, blocks) * 0.13
    plain = 0.03 + 0.02 * noise.fractal(x * 1.1, z * 1.1, 4)
    heights: Floats = plain + (tall + scree) * open_middle * smoothstep(1.2, 3.4, z) * (
        0.8 + 0.05 * z
    )
    return heights


def _coast(x: Floats, z: Floats, noise: Noise, scene: Scene) -> Floats:
    """Open water with headlands on one side and islands far out."""
    rng = np.random.default_rng(scene.seed + 1)
    hand = 1.0 if rng.random() < 0.5 else -1.0
    warp = noise.fractal(x * 0.6, z * 0.6, 4)
    ridges = noise.ridged(x * 0.4 + 0.3 * warp, z * 0.4, 6, gain=0.45)
    shore = x * hand - 0.10 - 0.20 * z + 1.1 * warp + 0.7 * np.sin(z * 1.7 + rng.uniform(0, 6))
    headland = smoothstep(-0.1, 2.6, shore) * (0.16 + 1.25 * ridges)
    # Whatever the shore does, the middle of the picture looks out to sea.
    beside = smoothstep(0.5, 1.3, np.abs(x + 0.15 * warp) / (0.28 * z + 0.12))
    headland *= np.maximum(beside, smoothstep(5.0, 8.0, z))
    island_x, island_z = -hand * rng.uniform(0.6, 2.6), rng.uniform(5.5, 8.0)
    around = np.hypot((x - island_x) / 1.5, z - island_z) + 0.35 * warp
    island = smoothstep(1.1, 0.1, around) * (0.2 + 0.75 * ridges)
    return np.maximum(headland, island) - 0.06


_SHAPES: dict[str, Callable[[Floats, Floats, Noise, Scene], Floats]] = {
    "mountain": _mountains,
    "hills": _hills,
    "dunes": _dunes,
    "mesa": _mesas,
    "coast": _coast,
}


def _foreground(heights: Floats, x: Floats, z: Floats, noise: Noise, scene: Scene) -> Floats:
    """Give the viewer a place to stand, and a lake to look over where the scene has water."""
    wobble = noise.fractal(x * 1.3 + 31, z * 1.3, 4)
    if scene.water and scene.land != "coast":
        lake = np.hypot((x - 0.2 * wobble) / 1.9, (z - 1.5) / 1.95) + 0.26 * wobble
        heights = _blend(heights, np.full_like(heights, -0.02), smoothstep(1.0, 0.66, lake))
    elif not scene.water:
        heights = np.maximum(heights, 0.004)
    bank = 0.010 + 0.004 * wobble + 0.012 * smoothstep(0.05, 0.3, np.abs(x))
    side = 1.0 if np.random.default_rng(scene.seed + 5).random() < 0.5 else -1.0
    aside = np.where(x * side > 0, np.float32(0.42), np.float32(0.16))
    reach = z - aside * smoothstep(0.015, 0.15, np.abs(x)) + 0.05 * wobble
    return _blend(heights, bank, smoothstep(0.17, 0.07, reach))


def skyline(heights: Floats, azimuth: float) -> float:
    """Slope at which the land ends and the sky begins, `azimuth` to the right; radians."""
    away = np.arange(0.5, DEPTH - 0.5, CELL, dtype=np.float32)
    column = (away * np.tan(azimuth) + HALF_WIDTH) / CELL
    column = np.clip(column, 0, heights.shape[1] - 1).astype(np.intp)
    line = heights[(away / CELL).astype(np.intp), column]
    return float((line / (away / np.float32(np.cos(azimuth)))).max())


def _blend(a: Floats, b: Floats, share: Floats) -> Floats:
    return a + (b - a) * share
