"""Trees and tufts of grass: where they stand and what light they are in."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ground import Place, through_air, woodedness
from light import Colour
from noise import Floats, Noise, smoothstep
from sky import Sky
from stamps import Drawings, stamp
from view import Surface, View
from words import Scene

_TREES, _TUFTS = 42_000, 5_200
_FARTHEST_TREE, _FARTHEST_TUFT = 3.6, 0.45
_NEAREST_TREE, _NEAREST_TUFT = 0.09, 0.06
_SMALLEST = 3
"""Plants of fewer pixels than this in height are left to the colour of the ground."""

Palette = Sequence[Colour]

_NEEDLES: Palette = ((0.026, 0.052, 0.022), (0.036, 0.066, 0.025), (0.020, 0.045, 0.026))
_LEAVES: dict[str, Palette] = {
    "spring": ((0.080, 0.150, 0.028), (0.110, 0.165, 0.040), (0.480, 0.260, 0.300)),
    "summer": ((0.045, 0.085, 0.020), (0.065, 0.105, 0.026), (0.038, 0.075, 0.025)),
    "autumn": ((0.400, 0.140, 0.022), (0.430, 0.235, 0.035), (0.280, 0.062, 0.022)),
    "winter": _NEEDLES,
}
_BLADES: dict[str, Palette] = {
    "spring": ((0.120, 0.190, 0.040), (0.160, 0.220, 0.060)),
    "summer": ((0.105, 0.150, 0.035), (0.210, 0.190, 0.075)),
    "autumn": ((0.230, 0.155, 0.055), (0.300, 0.200, 0.080)),
    "winter": ((0.190, 0.150, 0.090), (0.240, 0.200, 0.130)),
}
_BLOSSOMS: Palette = (
    (0.55, 0.09, 0.10),
    (0.70, 0.45, 0.06),
    (0.36, 0.16, 0.55),
    (0.62, 0.60, 0.55),
)
_SHRUBS: Palette = ((0.095, 0.105, 0.050), (0.130, 0.120, 0.060))


class Kind(IntEnum):
    """What a plant is drawn as."""

    CONIFER = 0
    BROADLEAF = 1
    TUFT = 2


@dataclass(frozen=True)
class Plants:
    """The plants of a picture, one number (or colour) per plant, the farthest first."""

    right: Floats
    place: Place
    size: Floats
    kind: NDArray[np.intp]
    tint: Floats


def plant_trees(
    scene: Scene,
    sky: Sky,
    view: View,
    surface: Surface,
    picture: Floats,
    distance: Floats,
    upside_down: bool = False,
) -> None:
    """Stamp the plants into `picture` (columns, rows, 3) wherever nothing nearer stands.

    `upside_down` is for the mirrored camera under the water, whose first row is the horizon.
    """
    if scene.dry and scene.forest <= 0.0:
        return
    plants = _grow(scene, view, surface)
    drawings = Drawings(scene.seed)
    shapes = np.random.default_rng(scene.seed + 16).integers(
        drawings.variants, size=len(plants.size)
    )
    passed, added = _haze(scene, sky, plants)
    feet, tops = _extent(view, plants, upside_down)
    snowed = smoothstep(-0.02, 0.15, plants.place.height - np.float32(scene.snow_line))
    for plant, kind in enumerate(plants.kind):
        tall = abs(float(feet[plant] - tops[plant]))
        if tall < _SMALLEST:
            continue
        drawing = drawings.sized(int(kind), int(shapes[plant]), tall, upside_down)
        light = float(plants.place.light[plant])
        colour = _lit(drawing, plants.tint[plant], float(snowed[plant]), light, sky)
        colour = colour * passed[plant] + added[plant]
        column = float(plants.right[plant]) * view.focal + view.width / 2 - drawing.shape[0] / 2
        # The foot is sunk a little, or trees would seem to float on sloping ground.
        row = float(feet[plant]) - (0 if upside_down else drawing.shape[1] * 0.97)
        stamp(picture, distance, (round(column), round(row)), colour, drawing[..., 3],
              float(plants.place.z[plant]))  # fmt: skip


def _grow(scene: Scene, view: View, surface: Surface) -> Plants:
    """All plants of the scene."""
    groups = [_tufts(scene, view, surface)] if not scene.dry else []
    if scene.forest > 0.0:
        groups.append(_trees(scene, view, surface))
    place = [np.concatenate([getattr(group.place, name) for group in groups]) for name in _NAMES]
    parts = ("right", "size", "kind", "tint")
    right, size, kind, tint = (
        np.concatenate([getattr(group, part) for group in groups]) for part in parts
    )
    order = np.argsort(-place[_NAMES.index("z")], kind="stable")
    ordered = Place(*(values[order] for values in place))
    return Plants(right[order], ordered, size[order], kind[order], tint[order])


def _trees(scene: Scene, view: View, surface: Surface) -> Plants:
    """Trees on the land that bears them; near the viewer only at the sides, as a frame."""
    rng = np.random.default_rng(scene.seed + 17)
    right, place = _scatter(rng, view, surface, _TREES, (_NEAREST_TREE, _FARTHEST_TREE))
    chance = woodedness(scene, place)
    if scene.dry:
        chance = np.float32(scene.forest) * smoothstep(0.6, 0.3, place.steepness)
    framing = 0.12 * smoothstep(0.20, 0.46, np.abs(right))
    chance = chance * np.maximum(smoothstep(0.25, 1.0, place.z), framing)
    kept = np.flatnonzero(rng.random(len(chance)) < chance)
    place = _only(place, kept)
    size = rng.uniform(0.010, 0.022, len(kept)) * (0.16 if scene.dry else 1.0)
    kind = (rng.random(len(kept)) < _broadleaf_share(scene, place)).astype(np.intp)
    leaves = _SHRUBS if scene.dry else _LEAVES[scene.season]
    tint = np.where(
        kind[:, None] == Kind.BROADLEAF,
        _colours(rng, leaves, len(kept)),
        _colours(rng, _NEEDLES, len(kept)),
    )
    return Plants(right[kept], place, size.astype(np.float32), kind, tint)


def _tufts(scene: Scene, view: View, surface: Surface) -> Plants:
    """Grass on the ground before the viewer's feet, in drifts."""
    rng = np.random.default_rng(scene.seed + 24)
    right, place = _scatter(rng, view, surface, _TUFTS, (_NEAREST_TUFT, _FARTHEST_TUFT))
    drifts = smoothstep(-0.35, 0.3, Noise(scene.seed + 24).fractal(place.x * 25, place.z * 25, 3))
    chance = drifts * smoothstep(0.001, 0.003, place.height)
    chance = chance * smoothstep(0.25, 0.0, place.height - np.float32(scene.snow_line))
    kept = np.flatnonzero(rng.random(len(chance)) < chance)
    size = rng.uniform(0.0006, 0.0019, len(kept)).astype(np.float32)
    kind = np.full(len(kept), Kind.TUFT, dtype=np.intp)
    tint = _colours(rng, _BLADES[scene.season], len(kept))
    if scene.flowers:
        bloom = rng.random(len(kept)) < 0.45
        tint[bloom] = _colours(rng, _BLOSSOMS, int(bloom.sum()))
    return Plants(right[kept], _only(place, kept), size, kind, tint)


def _scatter(
    rng: np.random.Generator, view: View, surface: Surface, count: int, reach: tuple[float, float]
) -> tuple[Floats, Place]:
    """Random points of the land between two distances, as dense near as far in the picture."""
    z = np.exp(rng.uniform(np.log(reach[0]), np.log(reach[1]), count)).astype(np.float32)
    column = rng.integers(view.width, size=count)
    index = np.searchsorted(view.distances, z).clip(0, len(view.distances) - 1)
    place = Place(*(getattr(surface, name)[column, index] for name in _NAMES))
    return view.across[column], place


def _broadleaf_share(scene: Scene, place: Place) -> Floats:
    """Broadleaf trees stand low, conifers high; in winter only conifers have anything to show."""
    if scene.dry:
        return np.ones_like(place.z)
    share = {"winter": 0.0, "autumn": 0.7, "spring": 0.45}.get(scene.season, 0.25)
    if share and scene.land == "hills":
        share += 0.35
    broadleaf: Floats = np.float32(share) * np.clip(1.3 - place.height / 0.35, 0.0, 1.0)
    return broadleaf


def _colours(rng: np.random.Generator, palette: Palette, count: int) -> Floats:
    """One colour of the palette for each plant, a little lighter or darker: (count, 3)."""
    chosen = np.array(palette, dtype=np.float32)[rng.integers(len(palette), size=count)]
    return chosen * rng.uniform(0.75, 1.25, (count, 1)).astype(np.float32)


def _haze(scene: Scene, sky: Sky, plants: Plants) -> tuple[Floats, Floats]:
    """For each plant the share of its light that arrives, and what the air adds to it."""
    place = plants.place
    black = np.zeros((len(place.z), 3), dtype=np.float32)
    added = through_air(scene, sky, black, place.z, plants.right, place.height)
    passed = through_air(scene, sky, black + 1.0, place.z, plants.right, place.height) - added
    return passed, added


def _extent(view: View, plants: Plants, upside_down: bool) -> tuple[Floats, Floats]:
    """Rows of the foot and the top of each plant."""
    scale = np.float32(view.focal) / plants.place.z
    if upside_down:
        start = view.horizon_row - np.ceil(view.horizon_row)
        feet = start + (plants.place.height + np.float32(view.eye)) * scale
        return feet, feet + plants.size * scale
    feet = view.horizon_row - (plants.place.height - np.float32(view.eye)) * scale
    return feet, feet - plants.size * scale


def _lit(drawing: Floats, tint: Floats, snowed: float, light: float, sky: Sky) -> Floats:
    """The colours of one plant: leaves under sun and sky, snow on what faces up."""
    leaves = tint * (0.25 + 1.6 * drawing[..., 0:1])
    if snowed > 0.0:
        leaves = leaves + (np.float32(0.8) - leaves) * (
            np.float32(0.8 * snowed) * drawing[..., 1:2]
        )
    sun = sky.light.direction
    aside = np.clip(drawing[..., 2] * 2 - 1, -1.0, 1.0)
    facing = aside * sun[0] + 0.45 * sun[1] - 0.8 * np.sqrt(1 - aside * aside) * sun[2]
    # Leaves let some light through, so a tree against the sun is not quite black.
    direct = (np.clip(facing, 0.0, 1.0) + 0.10) * light
    total = direct[..., None] * np.array(sky.light.sun, dtype=np.float32)
    lit: Floats = leaves * (total + np.array(sky.light.ambient, dtype=np.float32) * 0.8)
    return lit


def _only(place: Place, kept: NDArray[np.intp]) -> Place:
    return Place(*(getattr(place, name)[kept] for name in _NAMES))


_NAMES = [field.name for field in fields(Place)]
