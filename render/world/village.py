"""A village street: gabled houses along a lane that winds and climbs to a church on the bend, fields and hills behind.

Own frame: the lane runs along y; the land is carved level for it by `village_land`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from render.light.lamps import lamps_from_rows
from render.scene import Scene
from render.world.base import Stage, World
from render.world.cottage import Cottage, cottage
from render.world.frames import Frame
from render.world.parish_church import church
from render.world.place import F64, Metering, Place, rotation
from render.world.quads_scene import Material, MeshBuilder
from render.world.site import build_site
from render.world.site_light import lay_ground_nodes
from render.world.village_land import VillageLand
from render.world.village_plan import FIRST_M, HALF_LANE_M, HALF_SITE_M, LAST_M, Plot, VillagePlan, plan_village
from render.world.village_things import furnish_village

_GROUND_NODES = 112
_MEADOW = (0.10, 0.11, 0.05)
STONE = (0.235, 0.215, 0.185)


def village(scene: Scene, progress: Callable[[float, str], None], *, fine: bool) -> World:
    """The world of a scene; see `render.world.build`."""
    plan = plan_village(scene)
    land = VillageLand(scene, plan)
    return build_site(scene, land, lambda: lay_out(scene, plan, land), HALF_SITE_M, progress, fine=fine)


def lay_out(scene: Scene, plan: VillagePlan, land: VillageLand) -> Place:
    """The built part: lane, houses, church and what stands between them."""
    b = MeshBuilder()
    rng = np.random.default_rng([scene.seed, 0x7111])
    turn = rotation(plan.heading_deg)

    def ground(points: F64) -> F64:
        """Height of the carved land under own-frame points (n, 2)."""
        world = torch.as_tensor(np.concatenate([points, np.zeros((len(points), 1))], 1) @ turn).float()
        x, y = world[:, 0].contiguous(), world[:, 1].contiguous()
        return land.carve(land.elevation(x, y, 0.8), x, y, 0.8).double().numpy(force=True)

    known = _grid_height(ground)
    lay_ground_nodes(b, HALF_SITE_M, _GROUND_NODES, torch.as_tensor(known), _MEADOW)

    def level(points: F64) -> F64:
        """The same, between the nodes of that grid: what small things stand on."""
        at = np.clip((points / HALF_SITE_M + 1) * 0.5 * (_GROUND_NODES - 1), 0, _GROUND_NODES - 1.001)
        i, part = at.astype(int), at % 1
        low = known[i[:, 0], i[:, 1]] * (1 - part[:, 0]) + known[i[:, 0] + 1, i[:, 1]] * part[:, 0]
        high = known[i[:, 0], i[:, 1] + 1] * (1 - part[:, 0]) + known[i[:, 0] + 1, i[:, 1] + 1] * part[:, 0]
        return np.asarray(low * (1 - part[:, 1]) + high * part[:, 1])

    _lane(b, plan)
    lamps = []
    for plot in plan.plots:
        lamps += _house(b, plot, level)
    z = float(ground(np.array([plan.church]))[0])
    lamps += church(b, Frame(np.array([*plan.church, z]), 0.10 * plan.side), rng)
    lamps += furnish_village(b, plan, scene, level)
    focus = np.array([float(plan.lane_x(np.array(26.0))), 26.0, 3.6]) @ turn
    return Place(
        mesh=b.finish(plan.heading_deg), lamps=lamps_from_rows(lamps, torch.as_tensor(turn)),
        stage=Stage(focus, 37.0, (plan.heading_deg + 180.0) % 360.0), heading_deg=plan.heading_deg,
        centre_m=np.array([0.0, 32.0, 2.0]) @ turn, sky_half_m=96.0, sky_maps=(22, 256),
        sun_spans=((52.0, 1536), (170.0, 1024)), metering=Metering(40.0, 0.165, 0.8, 0.7, 2.0, 1.0),
        solid=_solid(plan), ground=lambda x, y: -1e9,
    )


def _grid_height(ground: Callable[[F64], F64]) -> F64:
    axis = np.linspace(-HALF_SITE_M, HALF_SITE_M, _GROUND_NODES)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    return ground(points).reshape(_GROUND_NODES, _GROUND_NODES)


def _lane(b: MeshBuilder, plan: VillagePlan) -> None:
    """Paving stones between two gutters of longer slabs, laid on the land."""
    y = np.arange(FIRST_M - 30, LAST_M + 40, 1.6)
    x, z = plan.lane_x(y), plan.rise(y) + 0.035
    for low, high, steps, size, tint in (
        (-HALF_LANE_M, HALF_LANE_M, 5, (0.25, 0.17, 0.11), STONE),
        (-HALF_LANE_M - 0.5, -HALF_LANE_M, 2, (0.46, 0.5, 0.05), tuple(1.12 * v for v in STONE)),
        (HALF_LANE_M, HALF_LANE_M + 0.5, 2, (0.46, 0.5, 0.05), tuple(1.12 * v for v in STONE)),
    ):
        across = np.linspace(low, high, steps)
        grid = np.stack([x[None] + across[:, None], np.tile(y, (steps, 1)), np.tile(z, (steps, 1))], -1)
        crown = 0.05 * (1 - (across / HALF_LANE_M) ** 2).clip(0)
        b.loft(grid + np.stack([0 * crown, 0 * crown, crown], -1)[:, None], Material.SETTS, tint, size, casts=False)


def _house(b: MeshBuilder, p: Plot, ground: Callable[[F64], F64]) -> list[tuple[float, ...]]:
    middle = np.array([p.x, p.y]) + np.array([-np.sin(p.yaw), np.cos(p.yaw)]) * p.deep / 2
    z = float(ground(np.array([[p.x, p.y], middle])).mean())
    near = p.row == 0 and -40 < p.y < 105
    return cottage(b, Frame(np.array([p.x, p.y, z]), p.yaw),
                   Cottage(p.wide, p.deep, p.walls, p.rise, p.gable_on, p.seed, near))  # fmt: skip


def _solid(plan: VillagePlan) -> Callable[[float, float, float], bool]:
    x, y, yaw = (np.array([getattr(p, name) for p in plan.plots]) for name in ("x", "y", "yaw"))
    wide, deep = (np.array([getattr(p, name) for p in plan.plots]) for name in ("wide", "deep"))
    top = np.array([p.walls + p.rise + 8 for p in plan.plots])
    cx, cy = plan.church

    def solid(px: float, py: float, pz: float) -> bool:
        along = (px - x) * np.cos(yaw) + (py - y) * np.sin(yaw)
        away = -(px - x) * np.sin(yaw) + (py - y) * np.cos(yaw)
        inside = (np.abs(along) < wide / 2) & (away > 0) & (away < deep) & (pz < top)
        return bool(inside.any() or (abs(px - cx) < 5.5 and -0.5 < py - cy < 24 and pz < 24))

    return solid
