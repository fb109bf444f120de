"""A street tree: trunk, branches, and a crown of leaf cards whose rank decides which season still shows them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from render.visibility.cutouts import Cutout
from render.world.quads_scene import F64, UNPAINTED, Material, MeshBuilder, Pattern, rise, tube

BARK = (0.085, 0.065, 0.048)
LEAF = (0.092, 0.132, 0.031)
_VARIANTS = 6


def street_tree(b: MeshBuilder, at: tuple[float, float, float], scale: float, leaves: int, seed: int) -> None:
    """Build one tree at its foot; `leaves` says how fine its crown is, 300 far away to 1900 near by."""
    rng = np.random.default_rng([seed, 3])
    fine = 1900 if leaves > 1000 else 850 if leaves > 600 else 380
    shade = float(rng.uniform(0.85, 1.15))
    tint = tuple(shade * c for c in LEAF)
    b.stamp(_pattern(int(rng.integers(_VARIANTS)), fine), at, float(rng.uniform(0, 6.283)), scale, tint)


@lru_cache(maxsize=3 * _VARIANTS)
def _pattern(variant: int, leaves: int) -> Pattern:
    """A tree of scale 1 at the origin, whose leaves are to be painted."""
    rng = np.random.default_rng([variant, leaves, 0x7EE])
    b, scale, foot = MeshBuilder(), 1.0, np.zeros(3)
    fork = foot + np.array([rng.normal(0, 0.08), rng.normal(0, 0.08), 2.9 * scale])
    stem = np.stack([foot, foot + rise(0.4), (foot + fork) / 2 + rng.normal(0, 0.04, 3), fork])
    b.loft(tube(stem, np.array([0.19, 0.15, 0.13, 0.11]) * scale, 7), Material.PLAIN, BARK, (0.35, 5.0), closed_u=True)

    lobes = 11
    turn = np.arange(lobes) * 2.399963 + rng.uniform(0, 6)
    high = np.linspace(0.02, 1.0, lobes)
    reach = 1.8 * scale * np.sin(np.pi * (0.27 + 0.60 * high)) * rng.uniform(0.7, 1.1, lobes)
    centres = fork + np.stack([reach * np.cos(turn), reach * np.sin(turn), (0.35 + 3.5 * high) * scale], 1)
    size = scale * rng.uniform(0.85, 1.2, lobes)
    for k in range(lobes):
        bend = fork + (centres[k] - fork) * [0.35, 0.35, 0.55]
        path = np.stack([fork - rise(0.2), bend, centres[k]])
        b.loft(tube(path, np.array([0.07, 0.045, 0.012]) * scale, 4), Material.PLAIN, BARK, (0.35, 5.0), closed_u=True)
        for _ in range(3 if leaves > 600 else 1):
            tip = centres[k] + rng.normal(0, 0.75, 3) * size[k]
            twig = np.stack([bend + (centres[k] - bend) * 0.4, (bend + tip) / 2 + rise(0.1), tip])
            b.loft(
                tube(twig, np.array([0.028, 0.018, 0.006]) * scale, 3), Material.PLAIN, BARK, (0.35, 5.0), closed_u=True
            )
    crown = fork + np.array([0, 0, 2.0 * scale])
    _leaves(b, centres, size, crown, max(60, round(0.32 * leaves)), rng)
    return b.pattern()


def _leaves(
    b: MeshBuilder, centres: F64, size: F64, crown: F64, count: int, rng: np.random.Generator
) -> None:
    """Sprays of leaves around the lobes' middles: cards that a stencil cuts into some sixty leaves each."""
    lobe = rng.integers(len(centres), size=count)
    out = rng.normal(size=(count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    radius = rng.uniform(0.15, 1.0, count) ** 0.45
    centre = centres[lobe] + out * (radius * size[lobe])[:, None] * [1.0, 1.0, 0.85]
    outward = centre - crown
    depth = np.clip(np.linalg.norm(outward, axis=1) / 2.6, 0, 1)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    facing = outward + rng.normal(0, 0.55, (count, 3)) + rise(0.4)
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    along = np.cross(facing, rng.normal(size=(count, 3)))
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    aside = np.cross(facing, along)
    card = (0.80 * (480 / count) ** 0.44 * rng.uniform(0.7, 1.25, count))[:, None]
    edge_u, edge_v = along * card, aside * card
    skin = 1.3 * (0.45 + 0.55 * radius**2) * (0.74 + 0.26 * out[:, 2])  # between lobes and under them it is dark
    normal = 0.5 * outward + 0.45 * out + 0.35 * facing  # each lobe is a body of its own, in flat light too
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    kind = rng.choice([int(Cutout.FOLIAGE), int(Cutout.LEAVES_TOO), int(Cutout.LEAVES)], count, p=[0.6, 0.2, 0.2])
    if count < 200:
        kind[:] = int(Cutout.FOLIAGE)
    params = np.stack([rng.permutation(count) / count, rng.uniform(0, 1, count), depth**1.5 * skin, kind], 1)
    b.batch(
        centre - edge_u / 2 - edge_v / 2, edge_u, edge_v, Material.LEAF, UNPAINTED, params, two_sided=True,
        normal=np.repeat(normal[:, None], 3, axis=1),
    )
