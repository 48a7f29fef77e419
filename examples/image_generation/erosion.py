"""Erosion: drops of rain run down a height map, take soil where they run fast, leave it after."""

import numpy as np
from numpy.typing import NDArray

from noise import Floats

_DROPS = 7000
_MOVES = 44
_INERTIA = 0.08
_CAPACITY = 7.0
_TAKE, _LEAVE = 0.32, 0.30
_EVAPORATION = 0.972

Corners = tuple[NDArray[np.intp], Floats]
"""The four map cells around each drop (4, drops), flat indices, and each one's share."""


def carve(heights: Floats, cell: float, rounds: int, seed: int) -> Floats:
    """The map after `rounds` showers of drops that fall anywhere on it.

    Within a shower all drops move together and do not see each other's traces; between
    showers they do, which is what makes valleys grow.
    """
    rng = np.random.default_rng(seed + 2)
    # In units of cells, so that a slope of 1 is 45 degrees.
    scaled = (heights / np.float32(cell)).astype(np.float32)
    for _ in range(rounds):
        _shower(scaled, rng)
    return _settle(scaled) * np.float32(cell)


def _shower(heights: Floats, rng: np.random.Generator) -> None:
    """Let one set of drops run over `heights`, which is changed in place."""
    limit = np.array(heights.shape, dtype=np.float32)[:, None] - 2.01
    place = (rng.random((2, _DROPS), dtype=np.float32)) * limit
    heading = np.zeros_like(place)
    soil = np.zeros(_DROPS, dtype=np.float32)
    speed = np.ones(_DROPS, dtype=np.float32)
    water = np.float32(1.0)
    for _ in range(_MOVES):
        corners = _corners(place, heights.shape[1])
        here, slope = _height_and_slope(heights, place, corners)
        heading = heading * _INERTIA - slope * (1.0 - _INERTIA)
        heading /= np.maximum(np.hypot(heading[0], heading[1]), 1e-6)
        place = np.clip(place + heading, 0.0, limit)
        there, _ = _height_and_slope(heights, place, _corners(place, heights.shape[1]))
        drop = here - there
        room = np.maximum(drop, 0.01) * speed * water * _CAPACITY - soil
        # A drop never digs deeper than the next cell, or it would leave pits; uphill it fills.
        change = np.where(room > 0, -np.minimum(room * _TAKE, np.maximum(drop, 0.0)), 0.0)
        change = np.where(room < 0, -room * _LEAVE, change)
        change = np.where(drop < 0, np.minimum(soil, -drop), change).astype(np.float32)
        soil -= change
        _spread(heights, corners, change)
        speed = np.sqrt(np.maximum(speed * speed * 0.9 + drop, 0.05))
        water *= np.float32(_EVAPORATION)


def _corners(place: Floats, columns: int) -> Corners:
    low = np.floor(place).astype(np.intp)
    fy, fx = place - low
    first = low[0] * columns + low[1]
    cells = np.stack([first, first + 1, first + columns, first + columns + 1])
    shares = np.stack([(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx])
    return cells, shares


def _height_and_slope(heights: Floats, place: Floats, corners: Corners) -> tuple[Floats, Floats]:
    """Height under each drop, and its slope along rows and columns (2, drops)."""
    cells, shares = corners
    a, b, c, d = heights.ravel()[cells]
    fy, fx = place - np.floor(place)
    slope = np.stack([(c - a) * (1 - fx) + (d - b) * fx, (b - a) * (1 - fy) + (d - c) * fy])
    return (np.stack([a, b, c, d]) * shares).sum(axis=0), slope


def _spread(heights: Floats, corners: Corners, change: Floats) -> None:
    """Add `change` of each drop to the four cells around it."""
    cells, shares = corners
    added = np.bincount(cells.ravel(), (shares * change).ravel(), minlength=heights.size)
    heights += added.reshape(heights.shape).astype(np.float32)


def _settle(heights: Floats, passes: int = 6, steepest: float = 1.1) -> Floats:
    """Let walls steeper than `steepest` crumble a little, which also removes single-cell spikes."""
    for _ in range(passes):
        for axis in (0, 1):
            step = np.diff(heights, axis=axis)
            excess = 0.22 * (step - np.clip(step, -steepest, steepest))
            gain = [(0, 1) if a == axis else (0, 0) for a in (0, 1)]
            loss = [(1, 0) if a == axis else (0, 0) for a in (0, 1)]
            heights = heights + np.pad(excess, gain) - np.pad(excess, loss)
    return heights
