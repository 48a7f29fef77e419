"""The sky: its gradient, sun and moon, stars, clouds and northern lights.

Every function takes the slopes of lines of sight, `right` and `up` (one number per point, of any
shape), and gives colours (..., 3). The water asks for the sky in the same words as the picture.
"""

from dataclasses import dataclass

import numpy as np

from light import Light
from noise import Floats, Noise, smoothstep
from words import Scene

_MOON_RADIUS = 0.028
_CLOUD_HEIGHT = 1.0


@dataclass(frozen=True)
class Sky:
    """The sky of one scene."""

    scene: Scene
    light: Light

    def colour(self, right: Floats, up: Floats) -> Floats:
        """The whole sky along the given lines of sight."""
        sky = self.air(right, up)
        if self.scene.stars:
            sky += self._stars(right, up)
        if self.scene.aurora:
            sky += self._aurora(right, up)
        sky += self._disc(right, up)
        return self._clouds(sky, right, up)

    def air(self, right: Floats, up: Floats) -> Floats:
        """The sky without anything in it; also the colour of distant haze."""
        light = self.light
        toward, elevation = self._toward_sun(right, up)
        height = 1.0 - np.exp(-np.maximum(elevation, 0.0) * 4.6)
        sky = _between(light.horizon, light.zenith, height)
        low = np.exp(-np.maximum(elevation, 0.0) * 6.5)
        warm = 0.85 * np.clip(toward, 0.0, 1.0) ** 5 * low
        sky += (np.array(light.glow, dtype=np.float32) - sky) * warm[..., None]
        halo = 0.38 * np.clip(toward, 0.0, 1.0) ** 40 + 0.14 * np.clip(toward, 0.0, 1.0) ** 9
        if light.dark:
            halo = 0.22 * np.clip(toward, 0, 1) ** 160 if self.scene.moon else 0.0 * toward
        lit: Floats = sky + halo[..., None] * np.array(light.sun, dtype=np.float32) * 0.55
        return lit

    def haze(self, right: Floats) -> Floats:
        """The colour that distance gives to the land: the sky low down, without the sun's halo."""
        sky = self.air(right, np.full_like(right, 0.05))
        brightest = np.float32(1.1 * max(self.light.horizon) + 0.04)
        haze: Floats = sky * np.minimum(0.9, brightest / sky.max(axis=-1, keepdims=True))
        return haze

    def _toward_sun(self, right: Floats, up: Floats) -> tuple[Floats, Floats]:
        """Cosine of the angle to the sun, and sine of the elevation."""
        length = np.sqrt(1.0 + right * right + up * up)
        sun = self.light.direction
        return (right * sun[0] + up * sun[1] + sun[2]) / length, up / length

    def _disc(self, right: Floats, up: Floats) -> Floats:
        """The sun, or the moon with its seas."""
        sun = self.light.direction
        across, along = sun[0] / sun[2], sun[1] / sun[2]
        if sun[2] < 0.1 or self.scene.clouds > 0.9 or (self.light.dark and not self.scene.moon):
            return np.zeros((*right.shape, 3), dtype=np.float32)
        away = np.hypot(right - across, up - along)
        if not self.light.dark:
            face = smoothstep(0.021, 0.018, away) * 4.0 + 1.2 * np.exp(-((away / 0.035) ** 2))
            disc: Floats = face[..., None] * np.array(self.light.sun, dtype=np.float32)
            return disc
        noise = Noise(self.scene.seed + 6)
        spots = noise.fractal((right - across) * 45, (up - along) * 45, 5)
        round_edge = np.sqrt(np.clip(1 - (away / _MOON_RADIUS) ** 2, 0.0, 1.0))
        face = smoothstep(_MOON_RADIUS, _MOON_RADIUS * 0.94, away)
        face = face * (0.62 + 0.38 * round_edge) * (1.0 - 0.45 * smoothstep(-0.1, 0.35, spots))
        glow = 0.07 * np.exp(-away / 0.05)
        moon: Floats = (face * 0.9 + glow)[..., None] * np.array(
            (1.0, 0.97, 0.88), dtype=np.float32
        )
        return moon

    def _stars(self, right: Floats, up: Floats) -> Floats:
        """Some thousand stars, and the band of the Milky Way when no moon drowns it."""
        rng = np.random.default_rng(self.scene.seed + 7)
        # One star at most in each cell of a grid over the sky, at a random place in it.
        grid = 512
        place = rng.random((3, grid * grid), dtype=np.float32)
        size = rng.pareto(2.2, grid * grid).astype(np.float32) * (place[2] < 0.30)
        tint = rng.random(grid * grid, dtype=np.float32)
        scale = np.float32(170.0)
        x, y = right * scale, up * scale
        cell_x, cell_y = np.floor(x), np.floor(y)
        cell = (cell_x.astype(np.intp) % grid) * grid + cell_y.astype(np.intp) % grid
        off_x = x - cell_x - 0.15 - 0.7 * place[0][cell]
        off_y = y - cell_y - 0.15 - 0.7 * place[1][cell]
        inside = np.hypot(off_x, off_y)
        bright = np.minimum(size[cell], 7.0) * np.exp(-((inside / 0.085) ** 2)) * 0.35
        band, dust = self._milky_way(right, up)
        fade = smoothstep(0.0, 0.14, up)
        cool = tint[cell][..., None] * np.array((-0.35, -0.15, 0.15), dtype=np.float32)
        stars = bright[..., None] * (1.0 + cool) * (0.8 + 1.4 * band)[..., None]
        milk = np.array((0.085, 0.082, 0.115), dtype=np.float32)
        cloud = (band * dust)[..., None] * milk * (0.15 if self.scene.moon else 1.0)
        lights: Floats = (stars + cloud) * fade[..., None]
        return lights

    def _milky_way(self, right: Floats, up: Floats) -> tuple[Floats, Floats]:
        """The light of the band, and what its dust lets through."""
        rng = np.random.default_rng(self.scene.seed + 8)
        noise = Noise(self.scene.seed + 8)
        tilt = rng.uniform(0.7, 1.1) * (1 if rng.random() < 0.5 else -1)
        across = right * np.cos(tilt) + (up - 0.25) * np.sin(tilt)
        along = -right * np.sin(tilt) + (up - 0.25) * np.cos(tilt)
        cloudy = noise.fractal(across * 9, along * 5, 6, gain=0.58)
        band = np.exp(-(((across + 0.05 * cloudy) / 0.12) ** 2)) * (0.75 + 0.7 * cloudy)
        lane = np.exp(-(((across - 0.02 + 0.09 * cloudy) / 0.030) ** 2))
        return np.clip(band, 0.0, 2.0), 1.0 - 0.75 * lane

    def _aurora(self, right: Floats, up: Floats) -> Floats:
        """Curtains of green light that fade upwards into violet."""
        noise = Noise(self.scene.seed + 9)
        total = np.zeros((*right.shape, 3), dtype=np.float32)
        for curtain, (base, tall) in enumerate(((0.13, 0.15), (0.20, 0.22), (0.10, 0.10))):
            shift = np.float32(curtain * 11.7)
            fold = noise.fractal(right * 2.1 + shift, up * 0.0 + shift, 3)
            above = up - base - 0.16 * fold
            rays = noise.fractal(right * 24 + shift, above * 0.8, 4, gain=0.65)
            strength = smoothstep(-0.012, 0.02, above) * np.exp(-np.maximum(above, 0) / tall)
            gate = smoothstep(-0.25, 0.3, noise.at(right * 1.6 + shift, up * 0.3))
            strength = strength * (0.5 + 0.75 * np.clip(rays + 0.25, 0, 1.4)) * gate
            high = smoothstep(0.02, 0.26, above)
            total += strength[..., None] * _between((0.05, 0.62, 0.28), (0.34, 0.10, 0.50), high)
        return total * 0.62

    def _clouds(self, sky: Floats, right: Floats, up: Floats) -> Floats:
        """Clouds on a plane over the land, lit from the side where the sun stands."""
        cover = self.scene.clouds
        if cover <= 0.0:
            return sky
        noise = Noise(self.scene.seed + 10)
        away = _CLOUD_HEIGHT / np.maximum(up + 0.045, 0.012)
        x, y = right * away, away
        sun = self.light.direction
        sky = self._veils(sky, noise, x, y, up)
        shape = noise.fractal(x * 0.33, y * 0.42, 6, gain=0.53)
        toward = noise.fractal(x * 0.33 + sun[0] * 0.16, y * 0.42 + sun[2] * 0.16, 3, gain=0.53)
        threshold = 0.30 - 0.75 * cover
        dense = smoothstep(threshold, threshold + 0.34, shape)
        lit = np.clip(0.55 + 1.9 * (shape - toward) - 0.55 * (dense - 0.5), 0.0, 1.3)
        facing, _ = self._toward_sun(right, up)
        lining = np.clip(facing, 0, 1) ** 14 * (1 - dense) * 1.3
        lit = lit * (0.42 + 0.2 * np.clip(facing, 0, 1)) + lining
        cloud = np.array(self.light.cloud, dtype=np.float32) * (1.0 + 0.18 * shape[..., None] * 2)
        cloud = cloud + lit[..., None] * np.array(self.light.sun, dtype=np.float32) * 0.42
        # Low down one looks through so much air that clouds melt into it.
        share = dense * (0.93 * smoothstep(0.0, 0.10 + 0.05 * (1 - cover), up))
        covered: Floats = sky + (cloud - sky) * share[..., None]
        return covered

    def _veils(self, sky: Floats, noise: Noise, x: Floats, y: Floats, up: Floats) -> Floats:
        """Thin high clouds, drawn out by the wind, that take the colour of the light."""
        drawn = noise.fractal(x * 0.10 + y * 0.05 + 30, y * 0.34 - x * 0.12, 6, gain=0.62)
        dense = smoothstep(-0.05, 0.5, drawn) * smoothstep(0.02, 0.16, up)
        dense = dense * np.float32(min(0.75, 0.25 + self.scene.clouds))
        colour = np.array(self.light.cloud, dtype=np.float32)
        colour = 0.8 * colour + 0.30 * np.array(self.light.sun, dtype=np.float32)
        return sky + (colour - sky) * dense[..., None]


def _between(low: tuple[float, ...], high: tuple[float, ...], share: Floats) -> Floats:
    a, b = np.array(low, dtype=np.float32), np.array(high, dtype=np.float32)
    return a + (b - a) * share[..., None]
