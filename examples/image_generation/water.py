"""Water: the picture seen from under the surface, upside down, broken by waves."""

import numpy as np
from numpy.typing import NDArray

from ground import through_air
from noise import Floats, Noise, smoothstep
from sky import Sky
from view import View
from words import Scene

_DEEP = (0.010, 0.045, 0.055)
"""Share of the light that comes back out of deep water."""


def paint_water(
    scene: Scene, sky: Sky, view: View, mirrored: Floats, wet: NDArray[np.bool_]
) -> Floats:
    """Colours of the pixels `wet` (columns, rows).

    `mirrored` (columns, rows below the horizon, 3) is what the mirrored camera sees, its first
    row just above the horizon, so that it lies on the water where the land stands over it.
    """
    column, row = np.nonzero(wet)
    up = np.minimum(view.up[row], -1e-4)
    right = view.across[column]
    away = np.float32(view.eye) / -up
    tilt_x, tilt_z = _waves(scene, right * away, away)
    reflected = _reflection(view, mirrored, column, row, tilt_x, tilt_z)
    # Seen at a flat angle water is a mirror; looking down, one sees into it.
    steep = np.clip(-up + tilt_z * 0.6, 0.0, 1.0)
    mirror = 0.04 + 0.96 * (1.0 - steep) ** 5
    deep = np.array(_DEEP, dtype=np.float32) * _skylight(sky)
    colour = deep + (reflected - deep) * mirror[..., None]
    colour += _glitter(scene, sky, right, up, tilt_x, tilt_z)
    return through_air(scene, sky, colour, away, right, np.full_like(right, 0.02))


def _waves(scene: Scene, x: Floats, z: Floats) -> tuple[Floats, Floats]:
    """How far the surface leans, right and away; wind ruffles some parts more than others."""
    noise = Noise(scene.seed + 14)
    lanes = 0.35 + 0.9 * smoothstep(-0.25, 0.35, noise.fractal(x * 1.1, z * 2.6, 3))
    tilt_x, tilt_z = np.zeros_like(x), np.zeros_like(x)
    for wave in (0.028, 0.011, 0.0045, 0.0018):
        # Waves too small to be made out far away only blur, which the picture's grain does.
        near = smoothstep(wave * 260, wave * 60, z)
        tilt_x += near * noise.at(x / np.float32(2 * wave) + 9, z / np.float32(wave))
        tilt_z += near * noise.at(x / np.float32(2 * wave), z / np.float32(wave) + 5)
    strength = np.float32(0.004 + 0.055 * scene.waves) * lanes
    return tilt_x * strength * 0.5, tilt_z * strength


def _reflection(
    view: View,
    mirrored: Floats,
    column: NDArray[np.intp],
    row: NDArray[np.intp],
    tilt_x: Floats,
    tilt_z: Floats,
) -> Floats:
    """The mirror image at each pixel, displaced as far as its wave leans."""
    first = int(np.ceil(view.horizon_row))
    depth = mirrored.shape[1]
    moved_row = row - first + 2.0 * tilt_z * np.float32(view.focal) * 0.8
    moved_column = column + 2.0 * tilt_x * np.float32(view.focal) * 0.5
    rows = np.abs(np.rint(moved_row)).astype(np.intp)
    rows = np.where(rows >= depth, 2 * depth - 2 - rows, rows).clip(0, depth - 1)
    columns = np.clip(np.rint(moved_column), 0, view.width - 1).astype(np.intp)
    return mirrored[columns, rows]


def _glitter(
    scene: Scene, sky: Sky, right: Floats, up: Floats, tilt_x: Floats, tilt_z: Floats
) -> Floats:
    """Sparks where a wave mirrors the sun itself."""
    light = sky.light
    sun = light.direction
    if sun[2] < 0.1 or scene.clouds > 0.85 or (light.dark and not scene.moon):
        return np.zeros((*right.shape, 3), dtype=np.float32)
    aside = (right + 2.2 * tilt_x - sun[0] / sun[2]) / 0.030
    above = (-up + 2.2 * tilt_z - sun[1] / sun[2]) / 0.075
    spark = np.exp(-(aside**2) - above**2) * (0.4 + 0.6 * scene.waves)
    glitter: Floats = spark[..., None] * np.array(light.sun, dtype=np.float32) * 0.9
    return glitter


def _skylight(sky: Sky) -> Floats:
    light = sky.light
    total = np.array(light.ambient, dtype=np.float32) + 0.3 * np.array(light.sun, dtype=np.float32)
    return total * 1.6
