"""From the words of a prompt to a `Scene`: what to paint, with nothing left to chance but the seed.

Each known word changes a few fields of the scene; where two disagree, the later wins. What the
words leave open is drawn from the seed: one prompt with ten seeds gives ten different pictures.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Land = Literal["mountain", "hills", "dunes", "mesa", "coast"]
Hour = Literal["dawn", "day", "sunset", "dusk", "night"]
Season = Literal["spring", "summer", "autumn", "winter"]


@dataclass(frozen=True)
class Scene:
    """All that the painters need to know. Lengths are in kilometres, shares between 0 and 1."""

    seed: int
    land: Land = "mountain"
    hour: Hour = "day"
    season: Season = "summer"
    water: bool = True
    forest: float = 0.5
    """Share of the ground that trees may stand on which they cover."""
    clouds: float = 0.35
    """Share of the sky that clouds cover."""
    haze: float = 0.045
    """Light lost to the air per kilometre."""
    mist: float = 0.0
    """Light lost per kilometre to ground fog, in the bottom of the valleys."""
    snow_line: float = 1.15
    """Height above which snow lies on the ground."""
    rain: float = 0.0
    snowfall: float = 0.0
    stars: bool = False
    moon: bool = False
    aurora: bool = False
    lightning: bool = False
    rainbow: bool = False
    flowers: bool = False
    waves: float = 0.35
    """Roughness of the water: 0 is a mirror, 1 is a rough sea."""

    @property
    def dry(self) -> bool:
        """Whether sand and bare rock cover the land instead of grass."""
        return self.land in ("dunes", "mesa")


Change = Mapping[str, Any]

_NIGHT: Change = {"hour": "night", "stars": True, "moon": True, "clouds": 0.12}
_STARS: Change = {"hour": "night", "stars": True, "clouds": 0.0, "moon": False}
_AURORA: Change = {"hour": "night", "stars": True, "aurora": True, "clouds": 0.0, "moon": False}
_DUNES: Change = {"land": "dunes", "water": False, "forest": 0.0, "snow_line": 9.0, "haze": 0.03}
_MESA: Change = {"land": "mesa", "water": False, "forest": 0.15, "snow_line": 9.0, "haze": 0.03}
_SEA: Change = {"land": "coast", "water": True, "waves": 0.8, "forest": 0.3, "snow_line": 2.0}
_LAKE: Change = {"water": True, "waves": 0.2}
_HILLS: Change = {"land": "hills", "water": False, "snow_line": 9.0}
_FOREST: Change = {"forest": 0.95}
_FOG: Change = {"mist": 0.55, "haze": 0.11}
_CLOUDY: Change = {"clouds": 0.75}
_RAIN: Change = {"rain": 0.7, "clouds": 0.95, "haze": 0.13, "waves": 0.6}
_STORM: Change = {"rain": 0.9, "clouds": 1.0, "haze": 0.12, "lightning": True, "waves": 1.0}
_SNOW: Change = {"season": "winter", "snow_line": -0.1}
_SNOWFALL: Change = {**_SNOW, "snowfall": 0.8, "clouds": 0.9, "haze": 0.16}
_CLEAR: Change = {"clouds": 0.05, "haze": 0.03}
_CALM: Change = {"waves": 0.05}

_GROUPS: tuple[tuple[str, Change], ...] = (
    ("mountain peak summit alp alpine highland range", {"land": "mountain"}),
    ("hill meadow field prairie valley countryside pasture grassland moor", _HILLS),
    ("desert dune sahara sand", _DUNES),
    ("mesa canyon butte badland", _MESA),
    ("sea ocean coast shore island bay fjord beach harbour harbor", _SEA),
    ("lake pond river water reflection loch", _LAKE),
    ("dry waterless", {"water": False}),
    ("forest wood woodland tree pine spruce fir jungle taiga", _FOREST),
    ("barren bare treeless", {"forest": 0.0}),
    ("dawn sunrise morning", {"hour": "dawn"}),
    ("day noon midday afternoon sunny daylight", {"hour": "day"}),
    ("sunset evening golden", {"hour": "sunset"}),
    ("dusk twilight gloaming", {"hour": "dusk"}),
    ("night midnight moonlight moon moonlit", _NIGHT),
    ("star starry milky galaxy", _STARS),
    ("aurora borealis northernlight", _AURORA),
    ("spring blossom", {"season": "spring", "flowers": True}),
    ("flower wildflower poppy lavender bloom", {"flowers": True}),
    ("summer", {"season": "summer"}),
    ("autumn fall october", {"season": "autumn"}),
    ("winter snow snowy frozen ice icy", _SNOW),
    ("snowfall snowing blizzard flurry", _SNOWFALL),
    ("fog foggy mist misty", _FOG),
    ("haze hazy", {"haze": 0.1}),
    ("cloud cloudy overcast", _CLOUDY),
    ("rain rainy drizzle shower downpour", _RAIN),
    ("storm stormy thunder thunderstorm lightning", _STORM),
    ("rainbow", {"rainbow": True, "hour": "day", "clouds": 0.45}),
    ("clear cloudless", _CLEAR),
    ("calm still mirror quiet serene tranquil glassy", _CALM),
)
WORDS: Mapping[str, Change] = {word: change for words, change in _GROUPS for word in words.split()}
"""What each known word changes."""

_NEGATIONS = frozenset({"no", "without", "not"})


def read_prompt(prompt: str, seed: int) -> Scene:
    """The scene a prompt asks for; equal prompts and seeds give equal scenes."""
    digest = hashlib.sha256(f"{prompt.strip().lower()}\n{seed}".encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    changes: dict[str, Any] = {}
    for word in sorted(known_words(prompt), key=_rank):
        changes.update(WORDS[word])
    return replace(_unsaid(number), **changes)


def _rank(word: str) -> int:
    """Land comes before the hour and the hour before the rest, whose details then prevail."""
    change = WORDS[word]
    return 0 if "land" in change else 1 if "hour" in change else 2


def known_words(prompt: str) -> list[str]:
    """The words of `prompt` that mean something here, in order; a word after "no" is left out."""
    text = prompt.lower().replace("northern light", "northernlight")
    found: list[str] = []
    negated = False
    for token in re.findall(r"[a-z]+", text):
        word = _singular(token)
        if word in WORDS and not negated:
            found.append(word)
        negated = token in _NEGATIONS
    return found


def _singular(token: str) -> str:
    """The form of `token` that the table has, if it has one."""
    endings = (("", ""), ("s", ""), ("es", ""), ("ies", "y"))
    for ending, instead in endings:
        if token.endswith(ending):
            word = token.removesuffix(ending) + instead
            if word in WORDS:
                return word
    return token


def _unsaid(number: int) -> Scene:
    """A scene drawn by chance alone: what stays of it is what the words do not say."""
    rng = np.random.default_rng(number)
    hours: tuple[Hour, ...] = ("dawn", "day", "day", "sunset", "sunset", "dusk")
    return Scene(
        seed=number,
        hour=hours[int(rng.integers(len(hours)))],
        clouds=float(rng.uniform(0.1, 0.55)),
        forest=float(rng.uniform(0.35, 0.7)),
        snow_line=float(rng.uniform(0.9, 1.3)),
        haze=float(rng.uniform(0.03, 0.05)),
    )
