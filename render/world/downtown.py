"""Downtown: towers with set-backs over a broad street, lit signs and screens, traffic, and a spire that closes it."""

from __future__ import annotations

import numpy as np
import torch

from render.light.lamps import lamps_from_rows
from render.scene import Scene
from render.world.base import Stage
from render.world.car import car
from render.world.city import KERB_M, StreetPlan, street_ground
from render.world.place import Metering, Place, rotation
from render.world.quads_scene import Material, MeshBuilder, tube
from render.world.street_furniture import CAR_TINTS, IRON, furnish
from render.world.towers import Block, tower

FAR_M = 290.0
_TAXI = (0.62, 0.40, 0.03)


def downtown(scene: Scene) -> Place:
    """Lay out a downtown from the scene's geometry parameters."""
    rng = np.random.default_rng([scene.seed, 0xD0])
    half_road = 8.4
    first = float(rng.uniform(46, 58))
    plan = StreetPlan(
        half_road=half_road, facade=half_road + 5.2, crossings=((-44.0, 9.0), (first, 9.5), (first + 96, 9.0)),
        floors=8, towers=1.0, density=scene.density, vegetation=0.55 * scene.vegetation, wear=scene.wear,
    )
    heading = 264.0 + float(rng.uniform(-3, 3))
    b = MeshBuilder()
    blocks, lamps = _blocks(b, plan, scene, rng)
    street_ground(b, plan, FAR_M)
    lamps += furnish(b, plan, scene, [])
    _traffic(b, plan, rng)
    _signals(b, plan)
    turn = rotation(heading)
    boxes = np.array([(t.x0, t.x1, t.y0, t.y1, t.tall) for t in blocks])

    def solid(x: float, y: float, z: float) -> bool:
        inside = (boxes[:, 0] < x) & (x < boxes[:, 1]) & (boxes[:, 2] < y) & (y < boxes[:, 3]) & (z < boxes[:, 4])
        return bool(inside.any())

    def ground(x: float, y: float) -> float:
        crossing = any(abs(y - middle) < half - 3.2 for middle, half in plan.crossings)
        return 0.0 if abs(x) < plan.half_road or crossing or y > FAR_M - 4 else KERB_M

    focus = np.array([0.0, 24.0, 7.5]) @ turn
    return Place(
        mesh=b.finish(heading), lamps=lamps_from_rows(lamps, torch.from_numpy(turn)),
        stage=Stage(focus, 42.0, (heading + 180.0) % 360.0), heading_deg=heading,
        centre_m=np.array([0.0, 36.0, 0.0]) @ turn, sky_half_m=150.0, sky_maps=(22, 288),
        sun_spans=((60.0, 1280), (300.0, 1024)), metering=Metering(48.0, 0.15, 0.8, 0.6, 4.0, 1.1), solid=solid,
        ground=ground, damp=0.55,
    )


def _blocks(
    b: MeshBuilder, plan: StreetPlan, scene: Scene, rng: np.random.Generator
) -> tuple[list[Block], list[tuple[float, ...]]]:
    """Towers along the street, rows behind them, and the one at its end."""
    blocks: list[Block] = []
    lamps: list[tuple[float, ...]] = []
    scale = 0.45 + 1.35 * scene.height

    def put(x0: float, x1: float, y0: float, y1: float, tall: float, side: int, *, fine: bool) -> None:
        block = Block(x0, x1, y0, y1, tall, side, int(rng.integers(1 << 20)))
        blocks.append(block)
        lamps.extend(tower(b, block, fine=fine))

    start, stretches = -150.0, []
    for middle, half in sorted(plan.crossings):
        stretches.append((start, middle - half))
        start = middle + half
    stretches.append((start, FAR_M - 14))
    for side in (-1, 1):
        for begin, end in stretches:
            y = begin
            while end - y > 9:
                width = float(rng.uniform(17, 34))
                if end - y - width < 13:
                    width = end - y
                tall = scale * (float(rng.uniform(22, 60)) if rng.uniform() < 0.5 else float(rng.uniform(60, 150)))
                deep = float(rng.uniform(24, 34))
                near, far = plan.facade, plan.facade + deep
                gap = 0.0 if rng.uniform() < 0.5 + 0.5 * scene.density else 3.0
                put(near if side > 0 else -far, far if side > 0 else -near, y, y + width - gap, max(tall, 16.0), side,
                    fine=-110 < y < 190)  # fmt: skip
                y += width
        for row in range(3):
            front = plan.facade + 46.0 + 44.0 * row
            for begin, end in stretches:
                for y in np.arange(begin, end - 20, 36.0):
                    if rng.uniform() < 0.75:
                        inner, outer = side * front, side * (front + 28)
                        put(min(inner, outer), max(inner, outer), float(y) + 2, float(y) + 30,
                            scale * float(rng.uniform(25, 150)), 0, fine=False)  # fmt: skip
    put(-17, 17, FAR_M, FAR_M + 34, 60 + 105 * scale, 0, fine=False)
    _spire(b, FAR_M + 17, 60 + 105 * scale)
    for x in np.arange(-260.0, 261.0, 40.0):
        if abs(x) > 30:
            tall = scale * float(rng.uniform(45, 150))
            put(float(x) - 15, float(x) + 15, FAR_M + 10, FAR_M + 40, tall, 0, fine=False)
        put(float(x) - 14, float(x) + 14, -205.0, -176.0, scale * float(rng.uniform(35, 120)), 0, fine=False)
    return blocks, lamps


def _spire(b: MeshBuilder, y: float, top: float) -> None:
    """Steps, a needle and a beacon on the tower at the end."""
    for half, z, tall in ((9.0, top, 7.0), (6.5, top + 7, 6.0), (4.0, top + 13, 6.0)):
        b.box((0, y, z + tall / 2), (half, half, tall / 2), Material.PLAIN, (0.34, 0.31, 0.26), (0.1, 1), texel_m=4.0)
        b.box((0, y, z + tall - 0.2), (half + 0.2, half + 0.2, 0.3), Material.GLOW, (1.0, 0.80, 0.50), (0.2, 1.5))
    foot = top + 19
    base = np.array([[-2.5, y - 2.5, foot], [2.5, y - 2.5, foot], [2.5, y + 2.5, foot], [-2.5, y + 2.5, foot]])
    after = np.roll(base, -1, axis=0)
    b.batch(base, after - base, np.array([0, y, top + 52.0]) - base, Material.PAINT, (0.4, 0.4, 0.42), (0.6,),
            triangle=True)  # fmt: skip
    b.box((0, y, top + 52), (0.4, 0.4, 0.5), Material.GLOW, (1.0, 0.08, 0.05), (0.3, 4.0), bottom=True)


def _traffic(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> None:
    """Four lanes with cars under way; none where the standard cameras stand."""
    for lane, ahead in ((-5.0, -1), (-1.9, -1), (1.9, 1), (5.0, 1)):
        y = -130.0 + float(rng.uniform(0, 14))
        while y < 250:
            y += float(rng.uniform(8, 15)) * (1.9 - plan.density)
            seed = rng.uniform(size=3)
            if -40 < y < 12 or seed[0] > 0.45 + 0.5 * plan.density:
                continue
            tint = _TAXI if seed[1] < 0.3 else CAR_TINTS[int(seed[2] * len(CAR_TINTS))]
            car(b, (lane, y, 0.0), ahead, tint, float(seed[2]), lights=True, far=not -46 < y < 46)


def _signals(b: MeshBuilder, plan: StreetPlan) -> None:
    """Mast arms with traffic lights over the lanes."""
    for middle, half in plan.crossings:
        for side in (-1, 1):
            x, y = side * (plan.half_road + 0.6), middle - side * (half + 0.5)
            path = np.array([[x, y, KERB_M], [x, y, 5.4], [x - side * 0.4, y, 5.8], [x - side * 6.0, y, 6.0]])
            pole = tube(path, np.array([0.13, 0.10, 0.08, 0.05]), 7)
            b.loft(pole, Material.PLAIN, IRON, (0.1, 1, 0.3), closed_u=True)
            for reach in (3.0, 5.8):
                at = x - side * reach
                b.box((at, y, 5.5), (0.17, 0.13, 0.46), Material.PLAIN, (0.02, 0.02, 0.02), bottom=True)
                for face in (-1, 1):
                    hue, z = ((1.0, 0.08, 0.04), 5.78) if side < 0 else ((0.10, 1.0, 0.45), 5.22)
                    b.box((at, y + face * 0.14, z), (0.09, 0.012, 0.09), Material.GLOW, hue, (0.4, 4.5), casts=False)
