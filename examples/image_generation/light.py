"""The light of an hour: where the sun or moon stands and the colours it gives to sky and land.

Colours are linear red, green, blue; 1 is the white of the picture before the film response.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from noise import Floats
from words import Hour, Scene

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """One hour's light. `direction` points to the sun (or moon): right, up, away."""

    direction: Floats
    sun: Colour
    zenith: Colour
    horizon: Colour
    glow: Colour
    """Colour of the sky low down around the sun."""
    ambient: Colour
    """What reaches the ground from the open sky."""
    cloud: Colour
    """Clouds on their shaded side."""
    exposure: float = 1.0
    dark: bool = False


@dataclass(frozen=True)
class _Hour:
    elevation: float
    azimuth: tuple[float, float]
    """Between these angles from straight ahead, to either side; degrees."""
    sun: Colour
    zenith: Colour
    horizon: Colour
    glow: Colour
    ambient: Colour
    cloud: Colour
    exposure: float = 1.0
    above_land: float | None = None
    """How far it stands above the land's edge; degrees. None: it is outside the picture."""


_HOURS: dict[Hour, _Hour] = {
    "day": _Hour(
        32, (65, 105), (1.95, 1.75, 1.45), (0.075, 0.20, 0.52), (0.43, 0.57, 0.72),
        (0.62, 0.66, 0.70), (0.20, 0.28, 0.42), (0.46, 0.52, 0.62),
    ),
    "dawn": _Hour(
        9, (4, 24), (2.7, 1.55, 1.0), (0.10, 0.19, 0.44), (0.56, 0.43, 0.44),
        (1.10, 0.58, 0.36), (0.21, 0.24, 0.37), (0.36, 0.31, 0.42), 1.0, 1.5,
    ),
    "sunset": _Hour(
        3.0, (3, 22), (3.2, 1.35, 0.50), (0.035, 0.085, 0.27), (0.52, 0.24, 0.17),
        (1.55, 0.52, 0.12), (0.17, 0.165, 0.28), (0.20, 0.125, 0.20), 1.0, 0.9,
    ),
    "dusk": _Hour(
        1.5, (3, 22), (0.55, 0.28, 0.30), (0.030, 0.045, 0.15), (0.34, 0.20, 0.30),
        (0.80, 0.30, 0.22), (0.085, 0.09, 0.18), (0.10, 0.075, 0.14), 1.35, -1.5,
    ),
    "night": _Hour(
        12, (5, 22), (0.34, 0.42, 0.60), (0.006, 0.011, 0.032), (0.030, 0.048, 0.095),
        (0.055, 0.075, 0.12), (0.040, 0.056, 0.105), (0.022, 0.030, 0.055), 1.5, 6.0,
    ),
}  # fmt: skip


def light_of(scene: Scene, skyline: Callable[[float], float]) -> Light:
    """The light of the scene's hour, dimmed and greyed where clouds close the sky.

    `skyline` tells the slope of the land's edge at an azimuth: a low sun stands just above it.
    """
    hour = _HOURS[scene.hour]
    direction = _sun_direction(scene, hour, skyline)
    dull = float(np.clip((scene.clouds - 0.6) / 0.4, 0.0, 1.0))
    horizon = _greyed(hour.horizon, 0.93 * dull, 0.95)
    return Light(
        direction=direction,
        sun=_scale(hour.sun, 1 - 0.93 * dull),
        zenith=_mixed(_greyed(hour.zenith, 0.9 * dull, 1.0), horizon, 0.7 * dull),
        horizon=horizon,
        glow=_greyed(hour.glow, 0.85 * dull, 0.5),
        ambient=_greyed(hour.ambient, 0.7 * dull, 1.15),
        # Under a closed sky the clouds are the sky: as light as the haze before them.
        cloud=_mixed(_greyed(hour.cloud, 0.6 * dull, 1.0), _scale(horizon, 0.8), 0.8 * dull),
        exposure=hour.exposure,
        dark=scene.hour == "night",
    )


def _sun_direction(scene: Scene, hour: _Hour, skyline: Callable[[float], float]) -> Floats:
    """Towards the sun or moon. One that is in the picture stands in the deepest gap of the land."""
    rng = np.random.default_rng(scene.seed + 4)
    side = 1.0 if rng.random() < 0.5 else -1.0
    azimuth = np.radians(side * rng.uniform(*hour.azimuth))
    elevation = np.radians(hour.elevation)
    if hour.above_land is not None:
        angles = np.radians(np.linspace(*hour.azimuth, 24))
        gap = min([*angles, *-angles], key=skyline)
        azimuth = gap
        elevation = max(elevation, np.arctan(skyline(gap)) + np.radians(hour.above_land))
        if scene.land == "dunes":
            # The crests are not in the map, and need the light to graze over them.
            elevation += np.radians(6.0)
    flat = np.cos(elevation)
    direction = [np.sin(azimuth) * flat, np.sin(elevation), np.cos(azimuth) * flat]
    return np.array(direction, dtype=np.float32)


def _scale(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def _mixed(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def _greyed(colour: Colour, share: float, factor: float) -> Colour:
    """`colour` moved towards its own grey by `share`; `factor` is what becomes of its strength."""
    red, green, blue = colour
    grey = 0.3 * red + 0.6 * green + 0.1 * blue
    strength = 1 + (factor - 1) * share
    return (
        (red + (grey - red) * share) * strength,
        (green + (grey - green) * share) * strength,
        (blue + (grey * 1.06 - blue) * share) * strength,
    )
