"""What the land is made of, and the light on it: grass, woods, sand, rock and snow."""

from dataclasses import dataclass, replace

import numpy as np

from light import Colour, Light
from noise import Floats, Noise, smoothstep
from sky import Sky
from view import Hits, Surface, View
from words import Scene, Season

_GRASS: dict[Season, tuple[Colour, Colour]] = {
    "spring": ((0.085, 0.135, 0.030), (0.155, 0.180, 0.055)),
    "summer": ((0.085, 0.145, 0.030), (0.185, 0.175, 0.060)),
    "autumn": ((0.190, 0.135, 0.045), (0.260, 0.165, 0.055)),
    "winter": ((0.150, 0.130, 0.085), (0.210, 0.180, 0.120)),
}
_WOODS: dict[Season, tuple[Colour, Colour]] = {
    "spring": ((0.030, 0.070, 0.020), (0.060, 0.105, 0.030)),
    "summer": ((0.022, 0.052, 0.018), (0.042, 0.076, 0.024)),
    "autumn": ((0.055, 0.050, 0.018), (0.240, 0.095, 0.020)),
    "winter": ((0.030, 0.040, 0.030), (0.055, 0.060, 0.048)),
}
_ROCK: tuple[Colour, Colour] = ((0.070, 0.068, 0.070), (0.240, 0.220, 0.200))
_RED_ROCK: tuple[Colour, Colour] = ((0.300, 0.120, 0.060), (0.520, 0.270, 0.145))
_SAND: tuple[Colour, Colour] = ((0.500, 0.300, 0.140), (0.620, 0.400, 0.205))
_RED_SOIL: tuple[Colour, Colour] = ((0.330, 0.170, 0.090), (0.470, 0.280, 0.155))
_SHORE: tuple[Colour, Colour] = ((0.155, 0.135, 0.105), (0.330, 0.290, 0.220))
_SNOW: tuple[Colour, Colour] = ((0.800, 0.840, 0.900), (0.900, 0.920, 0.950))
_FLOWERS: tuple[Colour, Colour] = ((0.420, 0.110, 0.330), (0.750, 0.480, 0.080))
_TREE_LINE = 0.95


@dataclass(frozen=True)
class Place:
    """Points of the ground, one number per point; lengths in kilometres."""

    x: Floats
    z: Floats
    height: Floats
    slope_x: Floats
    slope_z: Floats
    light: Floats
    openness: Floats

    @property
    def steepness(self) -> Floats:
        """Rise over run."""
        return np.hypot(self.slope_x, self.slope_z)


def place_of(surface: Surface, hits: Hits) -> Place:
    """The points of the surface that the pixels show."""
    return Place(
        *(
            hits.pick(field)
            for field in (
                surface.x, surface.z, surface.height, surface.slope_x, surface.slope_z,
                surface.light, surface.openness,
            )
        )
    )  # fmt: skip


def paint_ground(
    scene: Scene, sky: Sky, view: View, surface: Surface, hits: Hits, sharp: bool = True
) -> Floats:
    """Colours of the ground at the seen pixels, with the air between it and the viewer.

    Not `sharp` leaves out the finest relief, which nobody sees in a reflection.
    """
    place = place_of(surface, hits)
    if sharp and scene.land != "dunes":
        place = _roughened(scene, place)
    colour = illuminate(place, albedo(scene, place), sky.light)
    right = view.across[hits.column]
    return through_air(scene, sky, colour, place.z, right, place.height)


def woodedness(scene: Scene, place: Place) -> Floats:
    """How surely trees stand at each point, 0 to 1."""
    noise = Noise(scene.seed + 11)
    patches = noise.fractal(place.x * 1.7, place.z * 1.7, 5)
    wanted = smoothstep(0.42, 0.10, patches * 0.7 + 0.55 - 1.0 * scene.forest + 0.15)
    low = smoothstep(_TREE_LINE, 0.6 * _TREE_LINE, place.height + 0.2 * patches)
    dry = smoothstep(0.006, 0.016, place.height)
    return wanted * low * dry * smoothstep(0.85, 0.5, place.steepness)


def albedo(scene: Scene, place: Place) -> Floats:
    """The colour of the bare ground itself, from height, slope and stains of noise."""
    noise = Noise(scene.seed + 12)
    broad = 0.5 + 0.6 * noise.fractal(place.x * 2.1, place.z * 2.1, 5, gain=0.6)
    # Fine stains get wider with distance, or they would turn into glitter.
    grain_size = np.maximum(place.z * 0.004, 0.0006)
    level = np.exp2(np.round(np.log2(grain_size))).astype(np.float32)
    fine = 0.5 + 0.55 * noise.fractal(place.x / level, place.z / (2 * level), 2, gain=0.7)
    stain = np.clip(0.55 * broad + 0.45 * fine, 0.0, 1.0)
    steep = place.steepness
    rock = _strata(scene, place, stain) if scene.land == "mesa" else _two(_ROCK, stain)
    soil = _two(_soil(scene), stain)
    if scene.flowers and not scene.dry:
        soil = _with_flowers(soil, noise, place, fine)
    bare = 9.0 if scene.land == "dunes" else 0.62 - 0.22 * float(scene.land == "mountain")
    colour = _over(soil, rock, smoothstep(bare, bare + 0.3, steep + 0.35 * (stain - 0.5)))
    high = smoothstep(0.55, 1.0, place.height + 0.35 * (stain - 0.5))
    colour = _over(colour, rock, high * float(not scene.dry))
    if not scene.dry:
        colour = _over(colour, _two(_WOODS[scene.season], fine), woodedness(scene, place))
        shore = smoothstep(0.012, 0.003, place.height + 0.006 * (stain - 0.5))
        colour = _over(colour, _two(_SHORE, stain), shore * float(scene.water))
    return _over(colour, _two(_SNOW, stain), _snow(scene, place, broad, steep))


def illuminate(place: Place, colour: Floats, light: Light) -> Floats:
    """Ground of the given colours under sun, open sky and the glow from the ground around."""
    length = np.sqrt(1.0 + place.slope_x**2 + place.slope_z**2)
    sun = light.direction
    facing = (sun[1] - place.slope_x * sun[0] - place.slope_z * sun[2]) / length
    direct = np.clip(facing, 0.0, 1.0) * place.light
    upward = 1.0 / length
    open_sky = (0.45 + 0.55 * upward) * place.openness
    bounce = 0.10 * (1.0 - upward) + 0.04
    total = direct[..., None] * _array(light.sun) + open_sky[..., None] * _array(light.ambient)
    total += bounce[..., None] * _array(light.horizon)
    lit: Floats = colour * total
    return lit


def through_air(
    scene: Scene, sky: Sky, colour: Floats, away: Floats, right: Floats, height: Floats
) -> Floats:
    """Colours as they arrive after `away` kilometres of haze, and of ground fog low down."""
    fog = np.float32(scene.haze) + np.float32(scene.mist) * np.exp(-np.maximum(height, 0) / 0.16)
    lost = 1.0 - np.exp(-fog * np.maximum(away - 0.08, 0.0))
    haze = sky.haze(right)
    arriving: Floats = colour + (haze - colour) * lost[..., None]
    return arriving


def _roughened(scene: Scene, place: Place) -> Place:
    """Lean the ground this way and that where it is too rough to be sampled: crags, tussocks."""
    noise = Noise(scene.seed + 19)
    rough = 0.16 + 0.75 * smoothstep(0.3, 1.0, place.steepness)
    slope_x, slope_z = place.slope_x.copy(), place.slope_z.copy()
    for octave in range(8):
        wave = 0.16 / 2.1**octave
        near = np.flatnonzero(place.z < wave * 150)
        z = place.z[near]
        lean = rough[near] * smoothstep(wave * 150, wave * 50, z) * np.float32(0.62)
        x, depth = place.x[near] / np.float32(wave), z + 1.3 * place.height[near]
        depth = depth / np.float32(wave)
        slope_x[near] += lean * noise.at(x, depth + 3 * octave)
        slope_z[near] += lean * noise.at(x + 50, depth)
    return replace(place, slope_x=slope_x, slope_z=slope_z)


def _soil(scene: Scene) -> tuple[Colour, Colour]:
    dry = {"dunes": _SAND, "mesa": _RED_SOIL}
    return dry.get(scene.land, _GRASS[scene.season])


def _snow(scene: Scene, place: Place, broad: Floats, steep: Floats) -> Floats:
    """Where snow lies: high enough, and not too steep to hold it."""
    above = place.height - scene.snow_line + 0.35 * (broad - 0.5)
    holds = smoothstep(1.35, 0.75, steep)
    return smoothstep(0.0, 0.22, above) * holds


def _strata(scene: Scene, place: Place, stain: Floats) -> Floats:
    """Red rock in level layers, a little bent."""
    noise = Noise(scene.seed + 13)
    level = place.height * 24 + 0.9 * noise.fractal(place.x * 0.8, place.z * 0.8, 3)
    bands = 0.5 + 0.5 * noise.fractal(level, np.zeros_like(level), 3, gain=0.7)
    return _two(_RED_ROCK, np.clip(1.5 * bands - 0.3 + 0.3 * (stain - 0.5), 0.0, 1.0))


def _with_flowers(soil: Floats, noise: Noise, place: Place, fine: Floats) -> Floats:
    """Flowers in drifts over the low meadows."""
    drifts = smoothstep(0.0, 0.3, noise.fractal(place.x * 6.0, place.z * 6.0 + 40, 3))
    dots = smoothstep(0.48, 0.66, fine) * drifts * smoothstep(1.6, 0.4, place.z)
    kind = smoothstep(-0.1, 0.1, noise.at(place.x * 14, place.z * 14))
    return _over(soil, _two(_FLOWERS, kind), dots * smoothstep(0.008, 0.014, place.height))


def _over(under: Floats, over: Floats, share: Floats) -> Floats:
    return under + (over - under) * share[..., None]


def _two(colours: tuple[Colour, Colour], share: Floats) -> Floats:
    first, second = _array(colours[0]), _array(colours[1])
    return first + (second - first) * share[..., None]


def _array(colour: Colour) -> Floats:
    return np.array(colour, dtype=np.float32)
