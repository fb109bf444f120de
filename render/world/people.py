"""People as passers-by: rounded limbs and clothes, in mid-stride, meant to be seen from some metres away."""

from __future__ import annotations

import numpy as np

from render.world.quads_scene import F64, Material, MeshBuilder, tube

COATS = (
    (0.03, 0.035, 0.05),
    (0.10, 0.08, 0.06),
    (0.20, 0.05, 0.04),
    (0.06, 0.08, 0.06),
    (0.26, 0.23, 0.18),
    (0.05, 0.07, 0.12),
    (0.14, 0.14, 0.14),
    (0.30, 0.22, 0.10),
)
TROUSERS = ((0.03, 0.035, 0.055), (0.05, 0.05, 0.05), (0.12, 0.10, 0.07), (0.02, 0.02, 0.022))
SKIN = ((0.45, 0.29, 0.21), (0.34, 0.20, 0.13), (0.20, 0.115, 0.075), (0.11, 0.065, 0.045))
HAIR = ((0.02, 0.015, 0.012), (0.07, 0.04, 0.02), (0.16, 0.10, 0.045), (0.22, 0.21, 0.20))


def person(
    b: MeshBuilder, at: tuple[float, float, float], heading: float, seed: int, *, far: bool = False
) -> None:
    """One walker at its feet, facing `heading` radians from +y; of fewer facets when `far` from all cameras."""
    rng = np.random.default_rng([seed, 9])
    tall = float(rng.uniform(0.92, 1.06))
    stride = float(rng.uniform(-1, 1))
    coat, trousers = COATS[int(rng.integers(len(COATS)))], TROUSERS[int(rng.integers(len(TROUSERS)))]
    skin, hair = SKIN[int(rng.integers(len(SKIN)))], HAIR[int(rng.integers(len(HAIR)))]
    long_coat = rng.uniform() < 0.35
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])

    def limb(
        points: list[list[float]],
        radius: list[float],
        tint: tuple[float, float, float],
        sides: int = 6,
        flat: float = 1.0,
    ) -> None:
        if far:
            sides = 4 if sides < 8 else 5
        grid: F64 = tube(np.array(points) * [1, 1, 1], np.array(radius), sides)
        middle = np.array(points)[None]
        grid = middle + (grid - middle) * [1.0, flat, 1.0]
        b.loft(grid * tall @ turn + np.array(at), Material.CLOTH, tint, (1.0,), closed_u=True)

    for x, phase in ((-0.10, stride), (0.10, -stride)):
        foot, knee = 0.34 * phase, 0.17 * phase + 0.06
        lift = 0.06 * max(0.0, -phase)
        limb([[x, 0.0, 0.88], [x, knee, 0.48], [x, foot, 0.08 + lift]], [0.095, 0.07, 0.05], trousers)
        limb(
            [[x, foot - 0.07, 0.045 + lift], [x, foot + 0.06, 0.05 + lift], [x, foot + 0.19, 0.03 + lift]],
            [0.045, 0.05, 0.025],
            (0.02, 0.018, 0.016),
            5,
        )
    hem = 0.62 if long_coat else 0.84
    limb(
        [[0, 0.0, hem], [0, 0, 0.95], [0, 0.01, 1.22], [0, 0, 1.42], [0, 0, 1.50]],
        [0.19 if long_coat else 0.165, 0.165, 0.19, 0.185, 0.07],
        coat,
        8,
        0.64,
    )
    for x, phase in ((-0.22, -stride), (0.22, stride)):
        limb(
            [[x * 0.93, 0, 1.42], [x * 1.12, 0.10 * phase - 0.03, 1.14], [x * 1.08, 0.26 * phase + 0.04, 0.90]],
            [0.065, 0.052, 0.04],
            coat,
            5,
        )
        limb([[x * 1.08, 0.26 * phase + 0.04, 0.90], [x * 1.07, 0.29 * phase + 0.05, 0.80]], [0.036, 0.026], skin, 4)
    limb([[0, 0, 1.46], [0, 0.01, 1.56]], [0.055, 0.05], skin, 6)
    limb([[0, 0.015, 1.53], [0, 0.02, 1.60], [0, 0.015, 1.69], [0, 0.0, 1.745]], [0.055, 0.082, 0.085, 0.02], skin, 8)
    limb(
        [[0, -0.035, 1.58], [0, -0.02, 1.68], [0, -0.005, 1.74], [0, 0.0, 1.775]], [0.075, 0.098, 0.085, 0.015], hair, 8
    )
    if rng.uniform() < 0.4:
        limb([[0.27, 0.0, 0.80], [0.27, 0.0, 0.60], [0.27, 0, 0.52]], [0.05, 0.11, 0.09], (0.10, 0.06, 0.035), 6, 1.3)
