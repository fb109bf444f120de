"""What low windows look out on: a lawn with trees, a hedge, and woods beyond."""

from __future__ import annotations

import numpy as np

from render.world.quads_scene import Material, MeshBuilder
from render.world.street_tree import street_tree


def garden(b: MeshBuilder, rng: np.random.Generator, *, ground_m: float, half_x: float, half_y: float,
           trees: int = 7) -> None:
    """Lay a lawn around a house over ±half_x, ±half_y and plant it."""
    b.sheet((-120, -120, ground_m), (240, 0, 0), (0, 240, 0), Material.PLAIN, (0.075, 0.105, 0.03), (0.4, 1.5, 0.0),
            texel_m=60.0, casts=False)
    for k in range(trees):
        angle = 2 * np.pi * (k + float(rng.uniform(-0.3, 0.3))) / trees
        reach = float(rng.uniform(6.5, 12.0))
        x = float(np.clip(np.cos(angle) * 2.0, -1, 1)) * (half_x + reach * abs(float(np.cos(angle))))
        y = float(np.clip(np.sin(angle) * 2.0, -1, 1)) * (half_y + reach * abs(float(np.sin(angle))))
        street_tree(b, (x, y, ground_m), float(rng.uniform(1.2, 1.7)), 300, int(rng.integers(1 << 20)))
    turn = np.linspace(0, 2 * np.pi, 241)
    wave = 4.2 + 1.8 * np.sin(turn * 5 + float(rng.uniform(0, 6))) + 1.1 * np.sin(turn * 13) + rng.uniform(0, 1.5, 241)
    wave[-1] = wave[0]
    base = np.stack([70 * np.cos(turn), 70 * np.sin(turn), np.full(241, ground_m)], 1)
    b.batch(base[:-1], base[1:] - base[:-1], np.tile([0.0, 0.0, 1.0], (240, 1)) * wave[:-1, None], Material.PLAIN,
            (0.045, 0.062, 0.028), (0.5, 0.6, 0.0), two_sided=True, casts=False)
