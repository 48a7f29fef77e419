"""What the viewer sees of the land: for each pixel, the point of the ground that it shows.

The land is sampled along the line of sight of every column of pixels, at distances that grow
geometrically, so arrays over the land have the shape (columns, distances). What hides what then
needs no ray marching: along a line of sight the highest view angle so far hides all below it.
Arrays over the picture have the shape (columns, rows) until the very end.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from noise import Floats, Noise, smoothstep
from terrain import CELL, HALF_WIDTH, hollows, sunlit
from words import Scene

_NEAREST, _FARTHEST = 0.028, 15.0
_DISTANCES = 880
_FOCAL = 0.87
_HORIZON = 0.60
_UNSEEN = np.float32(-1e9)


@dataclass(frozen=True)
class View:
    """A camera that looks along +z, `eye` kilometres above the water; sizes in pixels."""

    width: int
    height: int
    eye: float

    @property
    def focal(self) -> float:
        """Pixels per unit of slope."""
        return _FOCAL * max(self.width, 1.2 * self.height)

    @property
    def horizon_row(self) -> float:
        """The row of the picture where the horizon lies."""
        return _HORIZON * self.height

    @cached_property
    def across(self) -> Floats:
        """Slope to the right of each column (columns,)."""
        middle = np.arange(self.width, dtype=np.float32) + 0.5 - self.width / 2
        return (middle / self.focal).astype(np.float32)

    @cached_property
    def up(self) -> Floats:
        """Upward slope of each row (rows,), falling from the top of the picture to its foot."""
        rows = np.arange(self.height, dtype=np.float32) + 0.5
        return ((self.horizon_row - rows) / self.focal).astype(np.float32)

    @cached_property
    def distances(self) -> Floats:
        """Where the lines of sight are sampled, in kilometres (distances,)."""
        return np.geomspace(_NEAREST, _FARTHEST, _DISTANCES, dtype=np.float32)


@dataclass(frozen=True)
class Surface:
    """The land along all lines of sight; each array is (columns, distances)."""

    x: Floats
    z: Floats
    height: Floats
    slope_x: Floats
    slope_z: Floats
    light: Floats
    openness: Floats


@dataclass(frozen=True)
class Hits:
    """Which point of a `Surface` each pixel shows.

    `seen` is (columns, rows); the others hold one number per seen pixel.
    """

    seen: NDArray[np.bool_]
    column: NDArray[np.intp]
    index: NDArray[np.intp]
    share: Floats

    def pick(self, field: Floats) -> Floats:
        """The values of `field` (columns, distances) at the seen pixels."""
        near, far = field[self.column, self.index], field[self.column, self.index + 1]
        return near + (far - near) * self.share


def look(scene: Scene, view: View, heights: Floats, sun: Floats) -> Surface:
    """Sample the map along all lines of sight and add the detail that the map is too coarse for."""
    z = np.broadcast_to(view.distances, (view.width, _DISTANCES))
    x = view.across[:, None] * z
    column, row = (x + np.float32(HALF_WIDTH)) / np.float32(CELL), z / np.float32(CELL)
    height = _smooth_sample(heights, row, column)
    height += _detail(scene, x, z, height, _steepness(view, height))
    slope_x, slope_z = _slopes(view, height)
    light, openness = sunlit(heights, sun), hollows(heights)
    nearest = (
        np.clip(np.rint(row), 0, heights.shape[0] - 1).astype(np.intp),
        np.clip(np.rint(column), 0, heights.shape[1] - 1).astype(np.intp),
    )
    return Surface(x, z, height, slope_x, slope_z, light[nearest], openness[nearest])


def cast(surface: Surface, view: View) -> Hits:
    """The point of the surface that each pixel of the picture shows."""
    angle = (surface.height - np.float32(view.eye)) / surface.z
    highest = np.maximum.accumulate(angle, axis=1)
    first = np.stack([np.searchsorted(line, view.up) for line in highest])
    return _hits(angle, first, view.up)


def cast_mirrored(surface: Surface, view: View, up: Floats) -> Hits:
    """The point that each ray shows once the water has thrown it upwards with slope `up` (rows,).

    To such a ray the viewer is as far below the water as really above it. It meets only land
    that rises above the water, and none nearer than the place where it touched it.
    """
    angle = (surface.height + np.float32(view.eye)) / surface.z
    angle = np.where(surface.height > 0, angle, _UNSEEN)
    touched = np.searchsorted(view.distances, np.float32(view.eye) / np.maximum(up, 1e-5))
    first = np.empty((view.width, len(up)), dtype=np.intp)
    for row, start in enumerate(np.minimum(touched, _DISTANCES - 1)):
        met = angle[:, start:] >= up[row]
        first[:, row] = np.where(met.any(axis=1), start + met.argmax(axis=1), _DISTANCES)
    return _hits(angle, first, up)


def _hits(angle: Floats, first: NDArray[np.intp], up: Floats) -> Hits:
    """The exact points, from the index of the first sample that reaches each ray."""
    seen = first < _DISTANCES
    column, row = np.nonzero(seen)
    far = np.maximum(first[seen], 1)
    below, above = angle[column, far - 1], angle[column, far]
    share = np.clip((up[row] - below) / np.maximum(above - below, 1e-7), 0.0, 1.0)
    # A surface that comes into sight out of the water has no true point before it.
    share = np.where(below == _UNSEEN, 1.0, share).astype(np.float32)
    return Hits(seen, column, far - 1, share)


def _smooth_sample(field: Floats, row: Floats, column: Floats) -> Floats:
    """The map at fractional places by cubic B-splines, so that no cell shows as a facet."""
    low_row, low_col = np.floor(row), np.floor(column)
    row_weights, col_weights = _spline(row - low_row), _spline(column - low_col)
    rows, columns = low_row.astype(np.intp), low_col.astype(np.intp)
    total = np.zeros_like(row)
    for down, row_weight in enumerate(row_weights, start=-1):
        start = np.clip(rows + down, 0, field.shape[0] - 1) * field.shape[1]
        line = np.zeros_like(row)
        for along, col_weight in enumerate(col_weights, start=-1):
            there = np.clip(columns + along, 0, field.shape[1] - 1)
            line += col_weight * field.ravel()[start + there]
        total += row_weight * line
    return total


def _spline(t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    square, cube = t * t, t * t * t
    first = (1 - 3 * t + 3 * square - cube) / 6
    second = (4 - 6 * square + 3 * cube) / 6
    third = (1 + 3 * t + 3 * square - 3 * cube) / 6
    return first, second, third, cube / 6


def _steepness(view: View, height: Floats) -> Floats:
    slope_x, slope_z = _slopes(view, height)
    return np.hypot(slope_x, slope_z)


def _slopes(view: View, height: Floats) -> tuple[Floats, Floats]:
    """Rise of the ground to the right and away from the viewer, per kilometre."""
    z = view.distances
    slope_x = np.gradient(height, axis=0) * np.float32(view.focal) / z
    along = np.gradient(height, axis=1) / np.gradient(z)
    return slope_x, along - view.across[:, None] * slope_x


def _detail(scene: Scene, x: Floats, z: Floats, height: Floats, steep: Floats) -> Floats:
    """Boulders, gullies and tussocks: finer octaves, only as far as they can be made out."""
    noise = Noise(scene.seed + 3)
    if scene.land == "dunes":
        return _dune_crests(noise, x, z)
    rocky = smoothstep(0.25, 0.9, steep)
    ground = smoothstep(-0.01, 0.02, height)
    total = np.zeros_like(x)
    for octave in range(11):
        wave = 0.30 / 1.9**octave
        reach = int(np.searchsorted(z[0], wave * 62))
        if reach < 2:
            break
        near = np.s_[:, :reach]
        grain = noise.at(x[near] / np.float32(wave) + octave * 7, z[near] / np.float32(wave))
        sharp = 0.55 - 1.6 * np.abs(grain)
        strength = (0.012 + 0.085 * rocky[near]) * ground[near]
        fade = smoothstep(wave * 62, wave * 30, z[near])
        mixed = grain + (sharp - grain) * rocky[near]
        total[near] += np.float32(wave) * strength * fade * mixed
    return total


def _dune_crests(noise: Noise, x: Floats, z: Floats) -> Floats:
    """Dunes: a long windward slope, a sharp crest, a short lee slope; and ripples near by."""
    bend = noise.fractal(x * 0.45, z * 0.45, 3) * 1.15
    total = np.zeros_like(x)
    for size, length in ((0.150, 1.5), (0.030, 0.43)):
        phase = (z * 0.62 + x * 0.66 + bend * length * 0.6) / length
        t = phase - np.floor(phase)
        profile = np.where(t < 0.68, t / 0.68, (1 - t) / 0.32)
        profile = profile * profile * (2.2 - 1.2 * profile)
        swing = 0.65 + 0.75 * noise.fractal(x * 0.5 / length + 3, z * 0.5 / length + 8, 2)
        total += np.float32(size) * profile * np.clip(swing, 0.1, 1.3)
    wind = z / 0.004 + x / 0.011 + 3.0 * noise.at(x * 9, z * 9)
    ripple = np.sin(wind) * smoothstep(1.2, 0.25, z)
    away = smoothstep(0.1, 1.3, z)
    dunes: Floats = total * (0.12 + 0.88 * away) + np.float32(0.00022) * ripple
    return dunes
