"""A landscape from a scene: the order in which land, sky, water, trees and weather are painted."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL.Image import Image

from film import develop
from ground import paint_ground
from light import light_of
from noise import Floats
from sky import Sky
from terrain import raise_land, skyline
from trees import plant_trees
from view import Surface, View, cast, cast_mirrored, look
from water import paint_water
from weather import add_weather
from words import Scene

Progress = Callable[[float, str], None]
"""Told the share of the work that is done, and what comes next."""

_STEPS = (
    "raising the land and letting rain carve it",
    "looking along the lines of sight",
    "painting the sky",
    "painting the land",
    "painting the reflection",
    "painting the water",
    "planting trees",
    "adding the weather",
    "developing the picture",
)
_OVERSAMPLING = 2


def paint_landscape(
    scene: Scene, width: int, height: int, rounds: int, progress: Progress
) -> Image:
    """The picture of `scene`, `width` by `height` pixels; `rounds` of rain shape the land."""
    step = _announcer(progress)
    step()
    heights = raise_land(scene, rounds)
    light = light_of(scene, partial(skyline, heights))
    sky = Sky(scene, light)
    step()
    view = View(width * _OVERSAMPLING, height * _OVERSAMPLING, _eye(scene, heights))
    surface = look(scene, view, heights, light.direction)
    hits = cast(surface, view)
    step()
    right, up = np.broadcast_arrays(view.across[:, None], view.up[None, :])
    picture = np.zeros((*right.shape, 3), dtype=np.float32)
    picture[~hits.seen] = sky.colour(right[~hits.seen], up[~hits.seen])
    step()
    picture[hits.seen] = paint_ground(scene, sky, view, surface, hits)
    distance = np.full(right.shape, np.inf, dtype=np.float32)
    distance[hits.seen] = hits.pick(surface.z)
    step()
    if scene.water:
        _flood(scene, sky, view, surface, picture, distance, step)
    else:
        step()
    step()
    plant_trees(scene, sky, view, surface, picture, distance)
    step()
    add_weather(scene, sky, view, picture, distance)
    step()
    return develop(picture, light.exposure, scene.seed, _OVERSAMPLING)


def _announcer(progress: Progress) -> Callable[[], None]:
    """A function that announces the next step each time it is called."""
    steps = iter(enumerate(_STEPS))

    def announce() -> None:
        done, what = next(steps)
        progress(done / len(_STEPS), f"step {done + 1} of {len(_STEPS)}: {what}")

    return announce


def _eye(scene: Scene, heights: Floats) -> float:
    """Height of the viewer's eyes above the water, from the ground where the viewer stands."""
    middle = heights.shape[1] // 2
    ground = float(heights[:4, middle - 2 : middle + 2].max())
    above = 0.070 if scene.land == "dunes" else 0.022
    return max(ground, 0.0) + above


def _flood(
    scene: Scene,
    sky: Sky,
    view: View,
    surface: Surface,
    picture: Floats,
    distance: Floats,
    step: Callable[[], None],
) -> None:
    """Cover with water what lies below it, and move `distance` up to its surface."""
    first = int(np.ceil(view.horizon_row))
    up_mirrored = -view.up[first:]
    hits = cast_mirrored(surface, view, up_mirrored)
    right, up = np.broadcast_arrays(view.across[:, None], up_mirrored[None, :])
    mirrored = np.zeros((*right.shape, 3), dtype=np.float32)
    mirrored[~hits.seen] = sky.colour(right[~hits.seen], up[~hits.seen])
    mirrored[hits.seen] = paint_ground(scene, sky, view, surface, hits, sharp=False)
    beyond = np.full(right.shape, np.inf, dtype=np.float32)
    beyond[hits.seen] = hits.pick(surface.z)
    plant_trees(scene, sky, view, surface, mirrored, beyond, upside_down=True)
    step()
    to_water = np.full(view.height, np.inf, dtype=np.float32)
    to_water[first:] = np.float32(view.eye) / np.maximum(up_mirrored, 1e-5)
    wet = to_water[None, :] < distance - 1e-5
    picture[wet] = paint_water(scene, sky, view, mirrored, wet)
    np.minimum(distance, to_water[None, :], out=distance)
