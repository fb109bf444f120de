"""What a room's windows look out on: the houses across the street and trees, two floors below and beyond."""

from __future__ import annotations

import numpy as np

from render.world.quads_scene import Material, MeshBuilder, rise
from render.world.street_tree import street_tree

GROUND_M = -7.2


def outside(b: MeshBuilder, rng: np.random.Generator) -> None:
    """Street, houses to the −x and +y sides, and a few tree tops."""
    b.sheet(
        (-160, -160, GROUND_M),
        (320, 0, 0),
        (0, 320, 0),
        Material.PAVEMENT,
        (0.16, 0.155, 0.145),
        (0.9, 0.6),
        texel_m=60.0,
        casts=False,
    )
    y = -52.0
    while y < 70:
        width = float(rng.uniform(9, 16))
        top = float(rng.uniform(2.0, 7.5))
        _house(b, (-24.0, y, GROUND_M), (0.0, width, 0.0), top, rng)
        y += width
    x = 46.0
    while x > -60:
        width = float(rng.uniform(10, 17))
        top = float(rng.uniform(1.0, 6.5))
        _house(b, (x - width, 27.0, GROUND_M), (width, 0.0, 0.0), top, rng)
        x -= width
    for _ in range(6):
        side = rng.uniform() < 0.6
        at = (
            (-13.0 + float(rng.uniform(-2, 2)), float(rng.uniform(-10, 12)))
            if side
            else (float(rng.uniform(-8, 8)), 15.0 + float(rng.uniform(-2, 2)))
        )
        street_tree(b, (at[0], at[1], GROUND_M), float(rng.uniform(1.15, 1.5)), 900, int(rng.integers(1 << 20)))


def _house(
    b: MeshBuilder,
    origin: tuple[float, float, float],
    along: tuple[float, float, float],
    top: float,
    rng: np.random.Generator,
) -> None:
    style = int(rng.integers(3))
    tint = ((0.28, 0.15, 0.10), (0.52, 0.45, 0.36), (0.44, 0.41, 0.36))[style]
    high = top - origin[2]
    look = (float(rng.uniform(2.3, 3.0)), 3.2, 0.44, 1.75, style, int(rng.integers(900)), 0.6, 1.0)
    deep = np.array([-9.0, 0, 0]) if along[1] else np.array([0, 9.0, 0])
    b.sheet(origin, along, (0, 0, high), Material.FACADE, tint, look, texel_m=5.0, casts=False)
    z = np.array([*origin[:2], top])
    slate = (0.12, 0.125, 0.135) if rng.uniform() < 0.5 else (0.28, 0.14, 0.09)
    b.sheet(
        tuple(z),
        along,
        tuple(deep * 0.6 + rise(2.8)),
        Material.ROOF,
        slate,
        (1,),
        texel_m=6.0,
        two_sided=True,
        casts=False,
    )
    chimney = z + np.array(along) * float(rng.uniform(0.2, 0.8)) + deep * 0.4
    b.box(tuple(chimney + rise(2.2)), (0.4, 0.5, 1.4), Material.PLAIN, (0.24, 0.14, 0.11), (0.2, 2.0), casts=False)
