"""Every plant by name, made once per process: trees in four finenesses, undergrowth, and things on a field.

To put a tree somewhere else than on a land: `quads_of("broadleaf", x, y, z, tall, radius, turn)` gives its cards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from render.visibility.cutouts import Cutout
from render.world.broadleaf import BIRCH, DEAD, OAK, shrub, tree
from render.world.conifers import palm, pine, spruce
from render.world.plants import Model, Plants, Stand, Stuff, build_plants
from render.world.undergrowth import bale, barn, boulder, fence, fern, log, stump, tuft

VARIANTS = 3

MODELS: Mapping[str, Callable[[int], Model]] = {
    "broadleaf close": lambda k: tree(OAK, k, 1600, 48, 7),
    "broadleaf": lambda k: tree(OAK, k, 760, 36, 7),
    "broadleaf mid": lambda k: tree(OAK, k, 220, 14, 4),
    "broadleaf far": lambda k: tree(OAK, k, 42, 8, 0),
    "birch close": lambda k: tree(BIRCH, k, 1150, 44, 7),
    "birch": lambda k: tree(BIRCH, k, 560, 34, 7),
    "birch mid": lambda k: tree(BIRCH, k, 150, 14, 4),
    "birch far": lambda k: tree(BIRCH, k, 36, 8, 0),
    "dead tree": lambda k: tree(DEAD, k, 0, 26, 7),
    "conifer close": lambda k: spruce(k, 26, 8, twigs=4),
    "conifer": lambda k: spruce(k, 26, 8),
    "conifer mid": lambda k: spruce(k, 13, 6),
    "conifer far": lambda k: spruce(k, 6, 4),
    "pine": lambda k: pine(k, 12, 200, 7),
    "pine mid": lambda k: pine(k, 9, 80, 4),
    "pine far": lambda k: pine(k, 6, 30, 0),
    "palm": lambda k: palm(k, 17, 7),
    "palm mid": lambda k: palm(k, 11, 4),
    "palm far": lambda k: palm(k, 8, 0),
    "shrub": lambda k: shrub(k, 64, Stuff.LEAVES, Cutout.FOLIAGE),
    "hedge": lambda k: shrub(k, 44, Stuff.HEDGE, Cutout.FOLIAGE, 0.62),
    "sage": lambda k: shrub(k, 40, Stuff.SAGE, Cutout.TUFT, 0.62),
    "sapling": lambda k: spruce(k, 9, 6, 0.02),
    "tuft": lambda k: tuft(k, 4, Stuff.GRASS, Cutout.GRASS),
    "straw tuft": lambda k: tuft(k, 3, Stuff.STRAW, Cutout.GRASS),
    "corn": lambda k: tuft(k, 3, Stuff.CORN, Cutout.EARS, 0.08),
    "reed": lambda k: tuft(k, 4, Stuff.REED, Cutout.GRASS, 0.10),
    "fern": lambda k: fern(k, 9),
    "log": log,
    "stump": stump,
    "boulder": boulder,
    "pebble": lambda k: boulder(k, 7, 4),
    "bale": bale,
    "fence": fence,
    "barn": barn,
}
"""A plant of height and radius 1 by name and variant."""


@lru_cache(maxsize=64)
def models(name: str) -> tuple[Model, ...]:
    """The variants of one model; those that have no simpler version are always the same.

    Raises:
        KeyError: no such name.
    """
    if name not in MODELS:
        name = name.removesuffix(" close").removesuffix(" mid").removesuffix(" far")
    return tuple(MODELS[name](k) for k in range(VARIANTS))


def quads_of(
    name: str, x: float, y: float, z: float, tall_m: float, radius_m: float, turn: float = 0.0, tint: float = 0.0
) -> Plants:
    """The cards of one plant at a place, for worlds that are not terrain.

    Args:
        name: one of `MODELS`; x, y, z: metres of its foot; tall_m, radius_m: its size; turn: radians, which also picks
            the variant; tint: its own shade, about −1…1.

    Raises:
        KeyError: no such name.
    """
    pick = int(turn * 7) % VARIANTS
    place = np.array([x, y, z, tall_m, radius_m, turn, tint])
    stand = Stand(*(np.repeat(v, VARIANTS) for v in place))
    plants = build_plants([(name, stand)])
    assert plants is not None
    own = (plants.plant == pick).nonzero().squeeze(1)
    return Plants(
        plants.quads.pick(own), plants.stuff[own], plants.plant[own] * 0, plants.outward[own], plants.depth[own],
        plants.tint[own], plants.rank[own], plants.first[:1] * 0, plants.ball[pick : pick + 1],
    )
