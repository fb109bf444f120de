"""A street tree: trunk, branches, and a crown of leaf cards whose rank decides which season still shows them."""

from __future__ import annotations

import numpy as np

from render.world.quads_scene import Material, MeshBuilder, rise, tube

BARK = (0.085, 0.065, 0.048)


def street_tree(b: MeshBuilder, at: tuple[float, float, float], scale: float, leaves: int, seed: int) -> None:
    """Build one tree at its foot; `leaves` cards, bigger where there are fewer."""
    rng = np.random.default_rng([seed, 3])
    foot = np.array(at)
    fork = foot + np.array([rng.normal(0, 0.08), rng.normal(0, 0.08), 2.9 * scale])
    stem = np.stack([foot, foot + rise(0.4), (foot + fork) / 2 + rng.normal(0, 0.04, 3), fork])
    b.loft(tube(stem, np.array([0.19, 0.15, 0.13, 0.11]) * scale, 7), Material.PLAIN, BARK, (0.35, 5.0), closed_u=True)

    lobes = 8
    turn = np.arange(lobes) * 2.399963 + rng.uniform(0, 6)
    high = np.linspace(0.1, 1.0, lobes)
    reach = 1.75 * scale * np.sin(np.pi * (0.25 + 0.62 * high)) * rng.uniform(0.75, 1.1, lobes)
    centres = fork + np.stack([reach * np.cos(turn), reach * np.sin(turn), (0.35 + 3.3 * high) * scale], 1)
    size = scale * rng.uniform(0.85, 1.25, lobes)
    for k in range(lobes):
        bend = fork + (centres[k] - fork) * [0.35, 0.35, 0.55]
        path = np.stack([fork - rise(0.2), bend, centres[k]])
        b.loft(tube(path, np.array([0.07, 0.045, 0.012]) * scale, 4), Material.PLAIN, BARK, (0.35, 5.0), closed_u=True)
        for _ in range(3):
            tip = centres[k] + rng.normal(0, 0.75, 3) * size[k]
            twig = np.stack([bend + (centres[k] - bend) * 0.4, (bend + tip) / 2 + rise(0.1), tip])
            b.loft(
                tube(twig, np.array([0.028, 0.018, 0.006]) * scale, 3), Material.PLAIN, BARK, (0.35, 5.0), closed_u=True
            )

    lobe = rng.integers(lobes, size=leaves)
    out = rng.normal(size=(leaves, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    radius = rng.uniform(0.25, 1.0, leaves) ** 0.5
    centre = centres[lobe] + out * (radius * size[lobe])[:, None] * [1.0, 1.0, 0.85]
    crown = fork + np.array([0, 0, 2.0 * scale])
    outward = centre - crown
    depth = np.clip(np.linalg.norm(outward, axis=1) / (2.6 * scale), 0, 1)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    facing = outward + rng.normal(0, 0.65, (leaves, 3)) + rise(0.35)
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    along = np.cross(facing, rng.normal(size=(leaves, 3)))
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    aside = np.cross(facing, along)
    card = (0.17 * np.sqrt(850 / leaves) * rng.uniform(0.7, 1.35, leaves) * scale)[:, None]
    edge_u = (along * 0.95 + aside * 0.55) * card
    edge_v = (aside * 0.55 - along * 0.95) * card  # a rhombus: a spray of leaves, no square corners
    flip = (np.cross(edge_u, edge_v) * facing).sum(1) < 0
    edge_u[flip], edge_v[flip] = edge_v[flip].copy(), edge_u[flip].copy()
    normal = 0.72 * outward + 0.4 * facing
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    tint = np.array([0.075, 0.115, 0.026]) * rng.uniform(0.85, 1.15)
    params = np.stack([rng.permutation(leaves) / leaves, rng.uniform(0, 1, leaves), depth**1.5], 1)
    b.batch(
        centre - edge_u / 2 - edge_v / 2,
        edge_u,
        edge_v,
        Material.LEAF,
        tint,
        params,
        two_sided=True,
        normal=np.repeat(normal[:, None], 3, axis=1),
    )
