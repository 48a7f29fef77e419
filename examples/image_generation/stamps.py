"""Drawings in every size, and stamping them into a picture behind what is nearer."""

from functools import cache

import numpy as np
from PIL.Image import Image, Resampling, Transpose

from noise import Floats
from sprites import broadleaf, conifer, tuft

_DRAW = (conifer, broadleaf, tuft)
_RATIO = 1.07
"""Sizes are rounded to powers of this, so that many plants share one drawing."""


class Drawings:
    """Sprites of all kinds, in every size that was asked for."""

    variants = 7

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed + 15)
        self._sprites = [[draw(rng) for _ in range(self.variants)] for draw in _DRAW]
        self._rows = cache(self._scaled)

    def sized(self, kind: int, variant: int, tall: float, upside_down: bool) -> Floats:
        """A sprite about `tall` pixels high: (columns, rows, 4), between 0 and 1."""
        rows = round(tall) if tall < 14 else round(_RATIO ** round(np.log(tall) / np.log(_RATIO)))
        return self._rows(kind, variant, rows, upside_down)

    def _scaled(self, kind: int, variant: int, rows: int, upside_down: bool) -> Floats:
        sprite: Image = self._sprites[kind][variant]
        columns = max(2, round(sprite.width * rows / sprite.height))
        how = Resampling.BOX if rows < sprite.height / 2 else Resampling.BICUBIC
        small = sprite.resize((columns, rows), how)
        if upside_down:
            small = small.transpose(Transpose.FLIP_TOP_BOTTOM)
        return np.swapaxes(np.asarray(small, dtype=np.float32) / 255.0, 0, 1)


def stamp(
    picture: Floats,
    distance: Floats,
    corner: tuple[int, int],
    colour: Floats,
    cover: Floats,
    away: float,
) -> None:
    """Blend `colour` into the picture at `corner` (column, row) where nothing is nearer.

    `away` is how far it stands, in kilometres; `distance` then holds that where it covers.
    """
    column, row = corner
    left, top = max(column, 0), max(row, 0)
    right = min(column + colour.shape[0], picture.shape[0])
    bottom = min(row + colour.shape[1], picture.shape[1])
    if left >= right or top >= bottom:
        return
    there = np.s_[left:right, top:bottom]
    part = np.s_[left - column : right - column, top - row : bottom - row]
    # The ground right behind a foot is a little nearer than the plant's own middle.
    share = cover[part] * (distance[there] > np.float32(away * 0.985))
    picture[there] += (colour[part] - picture[there]) * share[..., None]
    distance[there] = np.where(share > 0.5, np.float32(away), distance[there])
