"""Fractal gradient noise on arrays of points: the grain of everything that is painted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_PERIOD = 256
_MASK = _PERIOD - 1
# Each octave is turned by this angle, or the lattice of all octaves would show as a grid.
_TURN_COS, _TURN_SIN = np.float32(0.8), np.float32(0.6)
_LACUNARITY = np.float32(2.03)


class Noise:
    """Smooth noise of the plane, about -1 to 1, with features about one unit wide."""

    def __init__(self, seed: int) -> None:
        angles = np.random.default_rng(seed).uniform(0.0, 2.0 * np.pi, _PERIOD * _PERIOD)
        self._east = (1.5 * np.cos(angles)).astype(np.float32)
        self._north = (1.5 * np.sin(angles)).astype(np.float32)

    def at(self, x: Floats, y: Floats) -> Floats:
        """The noise at the points (`x`, `y`), arrays of one shape."""
        floor_x, floor_y = np.floor(x), np.floor(y)
        fx, fy = x - floor_x, y - floor_y
        left = floor_x.astype(np.int32) & _MASK
        low = floor_y.astype(np.int32) & _MASK
        right = (left + 1) & _MASK
        low_row, high_row = low * _PERIOD, ((low + 1) & _MASK) * _PERIOD
        across, along = _fade(fx), _fade(fy)
        bottom = _mix(
            self._corner(low_row + left, fx, fy),
            self._corner(low_row + right, fx - 1, fy),
            across,
        )
        top = _mix(
            self._corner(high_row + left, fx, fy - 1),
            self._corner(high_row + right, fx - 1, fy - 1),
            across,
        )
        return _mix(bottom, top, along)

    def fractal(self, x: Floats, y: Floats, octaves: int, gain: float = 0.5) -> Floats:
        """A sum of ever finer octaves, about -1 to 1: clouds, meadows, stains."""
        total, weight, reach = np.zeros_like(x), 1.0, 0.0
        for _ in range(octaves):
            total += weight * self.at(x, y)
            reach += weight
            weight *= gain
            x, y = _finer(x, y)
        return total / np.float32(reach)

    def ridged(self, x: Floats, y: Floats, octaves: int, gain: float = 0.5) -> Floats:
        """Sharp crests with smooth valleys, 0 to 1; crests carry more detail than valleys."""
        total, weight, reach = np.zeros_like(x), 1.0, 0.0
        carried: Floats = np.ones_like(x)
        for _ in range(octaves):
            crest = 1.0 - np.abs(self.at(x, y))
            crest = crest * crest * carried
            carried = np.clip(crest * 1.6, 0.0, 1.0)
            total += weight * crest
            reach += weight
            weight *= gain
            x, y = _finer(x, y)
        return total / np.float32(reach)

    def _corner(self, index: NDArray[np.int32], dx: Floats, dy: Floats) -> Floats:
        """What the gradient of one lattice corner contributes at the offsets (`dx`, `dy`)."""
        return self._east[index] * dx + self._north[index] * dy


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """0 below `low`, 1 above `high`, an S between; `low` above `high` falls instead of rises."""
    t: Floats = np.clip((x - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _finer(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    east = (_TURN_COS * x - _TURN_SIN * y) * _LACUNARITY + np.float32(17.3)
    north = (_TURN_SIN * x + _TURN_COS * y) * _LACUNARITY - np.float32(8.1)
    return east, north


def _fade(t: Floats) -> Floats:
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0)


def _mix(a: Floats, b: Floats, t: Floats) -> Floats:
    return a + (b - a) * t
