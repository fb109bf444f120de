"""The yard outside a warehouse gate: concrete, a neighbouring hall, trees, and a trailer waiting."""

from __future__ import annotations

import numpy as np

from render.world.joinery import bar, rounded
from render.world.quads_scene import Material, MeshBuilder
from render.world.street_tree import street_tree


def yard(b: MeshBuilder, rng: np.random.Generator, half_y: float) -> None:
    """Lay out the yard beyond the +y wall."""
    b.sheet((-90, -90, -0.02), (180, 0, 0), (0, 180, 0), Material.PAVEMENT, (0.17, 0.165, 0.155), (3.0, 3.0),
            texel_m=60.0, casts=False)
    y = half_y + float(rng.uniform(20, 26))
    hue = ((0.30, 0.13, 0.08), (0.36, 0.37, 0.36), (0.42, 0.38, 0.30))[int(rng.integers(3))]
    b.sheet((-26, y, 0), (52, 0, 0), (0, 0, 7.0), Material.FACADE, hue,
            (3.4, 3.6, 0.6, 1.5, 0, float(rng.integers(900)), 0.7, 1.0), texel_m=5.0, casts=False)
    for x in (-9.0, 7.5):
        street_tree(b, (x + float(rng.uniform(-2, 2)), half_y + 15.0, 0.0), float(rng.uniform(1.2, 1.6)), 800,
                    int(rng.integers(1 << 20)))
    x = float(rng.uniform(-0.6, 0.9))
    back = half_y + 5.5
    tint = ((0.50, 0.49, 0.46), (0.06, 0.13, 0.22), (0.34, 0.07, 0.05))[int(rng.integers(3))]
    rounded(b, (x, back + 4.5, 2.3), (1.25, 4.5, 1.4), 0.05, Material.RIBBED, tint, (0.4, 0.0, 0.3), texel_m=1.0)
    rounded(b, (x, back + 4.5, 0.82), (1.1, 4.4, 0.08), 0.02, Material.METAL, (0.05, 0.05, 0.05), (0.3, 0.3))
    for s in (-1, 1):
        for dy in (0.9, 2.1):
            bar(b, (x + s * 1.05, back + dy, 0.48), (x + s * 0.75, back + dy, 0.48), 0.48, Material.PLAIN,
                (0.02, 0.02, 0.02), (0.1, 2.0, 0.1), 18)
