"""A city street: a row of houses and shops on both sides, cross streets, blocks behind, and a vista that is closed.

Own frame: the street runs along y, x is to the right when looking up the street, the kerb's road side is z 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from render.light.lamps import lamps_from_rows
from render.scene import Scene
from render.world.base import Stage
from render.world.blocks import back_block, landmark
from render.world.buildings import building
from render.world.lot import Lot
from render.world.place import Metering, Place, rotation
from render.world.quads_scene import Material, MeshBuilder
from render.world.street_clutter import clutter
from render.world.street_furniture import furnish

KERB_M = 0.14
NEAR_M, FAR_M = -120.0, 205.0
ASPHALT = (0.105, 0.103, 0.100)
PAVING = (0.30, 0.285, 0.26)


@dataclass(frozen=True)
class StreetPlan:
    """Numbers that all parts of the street agree on, metres in the own frame.

    Args:
        half_road: half the roadway; facade: |x| of the house fronts; crossings: y of the cross streets' middles and
            their half widths from house to house; floors: typical count; towers: 0–1 how far houses become towers.
    """

    half_road: float
    facade: float
    crossings: tuple[tuple[float, float], ...]
    floors: float
    towers: float
    density: float
    vegetation: float
    wear: float


def city(scene: Scene) -> Place:
    """Lay out a street from the scene's geometry parameters."""
    rng = np.random.default_rng([scene.seed, 0xC17F])
    plan = _plan(scene, rng)
    heading = 78.0 + float(rng.uniform(-6, 6))
    b = MeshBuilder()
    lots = _houses(b, plan, scene, rng)
    street_ground(b, plan)
    lamps = furnish(b, plan, scene, lots) + clutter(b, plan, lots, np.random.default_rng([scene.seed, 0xC1]))
    turn = torch.as_tensor(rotation(heading))
    boxes = np.array([lot.bounds() for lot in lots])

    def solid(x: float, y: float, z: float) -> bool:
        inside = (boxes[:, 0] < x) & (x < boxes[:, 1]) & (boxes[:, 2] < y) & (y < boxes[:, 3]) & (z < boxes[:, 4])
        return bool(inside.any())

    def ground(x: float, y: float) -> float:
        crossing = any(abs(y - middle) < half - 3.2 for middle, half in plan.crossings)
        return 0.0 if abs(x) < plan.half_road or crossing or y > FAR_M - 4 else KERB_M

    focus = np.array([0.0, 18.0, 3.4]) @ rotation(heading)
    return Place(
        mesh=b.finish(heading), lamps=lamps_from_rows(lamps, turn),
        stage=Stage(focus, 34.0, (heading + 180.0) % 360.0), heading_deg=heading,
        centre_m=np.array([0.0, 30.0, 0.0]) @ rotation(heading), sky_half_m=105.0,
        sky_maps=(24, 320), sun_spans=((46.0, 1536), (230.0, 1024)),
        metering=Metering(42.0, 0.155, 0.8, 0.6, 3.6, 1.0), solid=solid, ground=ground,
    )


def _plan(scene: Scene, rng: np.random.Generator) -> StreetPlan:
    tall = max(0.0, (scene.height - 0.55) / 0.45)
    half_road = 4.6 + 3.6 * tall
    first = float(rng.uniform(58, 74))
    return StreetPlan(
        half_road=half_road, facade=half_road + 4.1 + 1.2 * tall,
        crossings=((-46.0 + float(rng.uniform(-6, 6)), 7.5), (first, 8.0), (first + 74, 7.5)),
        floors=2.0 + 7.0 * min(scene.height, 0.55), towers=tall, density=scene.density, vegetation=scene.vegetation,
        wear=scene.wear,
    )


def _houses(b: MeshBuilder, plan: StreetPlan, scene: Scene, rng: np.random.Generator) -> list[Lot]:
    """Fill both frontages and the blocks behind; returns every lot that is built on."""
    lots: list[Lot] = []
    gaps = sorted(plan.crossings)
    stretches = []
    start = NEAR_M
    for middle, half in gaps:
        stretches.append((start, middle - half))
        start = middle + half
    stretches.append((start, FAR_M - 12))
    for side in (-1, 1):
        for begin, end in stretches:
            y = begin
            while end - y > 6.0:
                width = float(rng.uniform(9, 17)) * (1 + 0.5 * plan.towers)
                if end - y - width < 8.0:
                    width = end - y
                empty = rng.uniform() > 0.70 + 0.55 * plan.density and begin + 4 < y < end - width - 4
                lot = Lot(side, plan.facade, y, y + width, float(rng.uniform(12, 16)), _storeys(plan, rng),
                          int(rng.integers(1 << 20)), is_open=bool(empty))
                building(b, lot)
                if not empty:
                    lots.append(lot)
                y += width
    lots += back_block(b, plan, stretches, rng)
    lots += landmark(b, plan, rng, FAR_M)
    return lots


def _storeys(plan: StreetPlan, rng: np.random.Generator) -> int:
    low = max(2, round(plan.floors + float(rng.normal(0, 0.8))))
    return low + int(plan.towers * float(rng.uniform(3, 22)) * (0.5 + 0.5 * plan.density))


def street_ground(b: MeshBuilder, plan: StreetPlan, far_m: float = FAR_M) -> None:
    """Road, kerbs, pavements, cross streets and the plain around; `far_m` is the y where the street ends."""
    h, f = plan.half_road, plan.facade
    b.sheet((-h, NEAR_M - 90, 0), (2 * h, 0, 0), (0, 210 + far_m, 0), Material.ROAD, ASPHALT,
            (h, 1, plan.crossings[1][0] - plan.crossings[1][1] - 0.6), texel_m=0.75)
    b.sheet((-h, far_m, 0), (2 * h, 0, 0), (0, 0.01, 0), Material.ROAD, ASPHALT, (h, 0))
    for middle, half in plan.crossings:
        for side in (-1, 1):
            x = h if side > 0 else -160.0
            b.sheet((x, middle - half + 3.2, 0), (160.0 - h, 0, 0), (0, 2 * half - 6.4, 0), Material.ROAD, ASPHALT,
                    (4.0, 0), texel_m=2.0)
    edges = [NEAR_M - 60, *[v for m, w in sorted(plan.crossings) for v in (m - w + 3.2, m + w - 3.2)], far_m - 8]
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        for side in (-1, 1):
            near, far = (h, f + 40.0) if side > 0 else (-f - 40.0, -h)
            width = 4.6 + f - h
            inner = h if side > 0 else -h - width
            b.sheet((inner, begin, KERB_M), (width, 0, 0), (0, end - begin, 0), Material.PAVEMENT, PAVING, (0.9, 0.6),
                    texel_m=0.7)
            outer = (near + width, far) if side > 0 else (near, far - width)
            b.sheet((outer[0], begin, KERB_M), (outer[1] - outer[0], 0, 0), (0, end - begin, 0), Material.PAVEMENT,
                    (0.20, 0.19, 0.17), (0.9, 0.6), texel_m=4.0)
            b.box((side * (h + 0.08), (begin + end) / 2, KERB_M / 2 + 0.004), (0.08, (end - begin) / 2, KERB_M / 2),
                  Material.PLAIN, (0.34, 0.33, 0.31), (0.15, 2.0, 0.1), texel_m=2.0)
    b.sheet((-1500, -1500, -0.06), (3000, 0, 0), (0, 3000, 0), Material.ROAD, (0.13, 0.125, 0.115), (9e3, 0),
            texel_m=90.0, casts=False)
