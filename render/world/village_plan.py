"""Numbers that the village's land and its houses agree on: where the lane runs, how it climbs, where houses stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.scene import Scene
from render.world.place import F64

HALF_LANE_M = 2.7
HALF_SITE_M = 118.0
FIRST_M, LAST_M = -92.0, 176.0


@dataclass(frozen=True)
class Plot:
    """Where one house stands: middle of its front (own frame x, y), turn of its frame, and its size in metres."""

    x: float
    y: float
    yaw: float
    wide: float
    deep: float
    walls: float
    rise: float
    gable_on: bool
    seed: int
    row: int


@dataclass(frozen=True)
class VillagePlan:
    """A lane along the own y axis that winds, climbs and bends away before a church.

    Args:
        heading_deg: of the own y axis. side: ±1, where the lane bends to. swing, phase: of its winding.
        climb_m: how far it rises towards the church. density, vegetation, height: the scene's shares.
        plots: the houses. church: own x, y of the tower's middle.
    """

    heading_deg: float
    side: int
    swing: float
    phase: float
    climb_m: float
    density: float
    vegetation: float
    plots: tuple[Plot, ...]
    church: tuple[float, float]

    def lane_x(self, y: F64) -> F64:
        """Own x of the lane's middle line."""
        return lane_x(y, self.side, self.swing, self.phase)

    def rise(self, y: F64) -> F64:
        """Height of the lane, level where the cameras stand."""
        return rise(y, self.climb_m)


def lane_x(y: F64, side: int, swing: float, phase: float) -> F64:
    """Own x of the lane at own y."""
    late = np.maximum(0.0, np.minimum(y, 200.0) - 34.0)
    return np.asarray(swing * (np.sin(y / 23.0 + phase) - np.sin(phase)) + side * 0.0042 * late * late)


def rise(y: F64, climb_m: float) -> F64:
    """Height of the lane at own y."""
    t = np.clip((y - 42.0) / 95.0, 0, 1)
    back = np.clip((-y - 45.0) / 90.0, 0, 1)
    return np.asarray(climb_m * t * t * (3 - 2 * t) - 2.5 * back * back * (3 - 2 * back))


def plan_village(scene: Scene) -> VillagePlan:
    """The plan of a scene."""
    rng = np.random.default_rng([scene.seed, 0x71])
    side = 1 if rng.uniform() < 0.5 else -1
    swing, phase = float(rng.uniform(1.4, 2.6)), float(rng.uniform(0, 6.28))
    climb = float(rng.uniform(4.5, 8.0))
    heading = (318.0 + float(rng.uniform(-8, 8))) % 360
    church = (float(lane_x(np.array(20.0), side, swing, phase)) - side * 4.0, 112.0)
    plots = _plots(scene, rng, side, swing, phase, church)
    return VillagePlan(heading, side, swing, phase, climb, scene.density, scene.vegetation, tuple(plots), church)


def _plots(
    scene: Scene, rng: np.random.Generator, side: int, swing: float, phase: float, church: tuple[float, float]
) -> list[Plot]:
    plots: list[Plot] = []

    def at(y: float) -> tuple[float, float]:
        """Lane's middle and its heading from own +y, clockwise, in radians."""
        near = lane_x(np.array([y - 1.0, y, y + 1.0]), side, swing, phase)
        return float(near[1]), float(np.arctan2(near[2] - near[0], 2.0))

    def stand(y: float, hand: int, setback: float, wide: float, row: int) -> None:
        middle, turn = at(y)
        out = np.array([np.cos(turn), -np.sin(turn)]) * hand
        x, y_at = np.array([middle, y]) + out * setback
        deep = float(rng.uniform(6.5, 8.5))
        centre = np.array([x, y_at]) + out * deep / 2
        if np.hypot(centre[0] - church[0], centre[1] - church[1] - 6) < 23:
            return
        for p in plots:  # on the inside of a bend neighbours would meet
            other = np.array([p.x, p.y]) + np.array([-np.sin(p.yaw), np.cos(p.yaw)]) * p.deep / 2
            if np.hypot(*(other - centre)) < 0.5 * (p.wide + wide) * (0.9 if row == 0 else 1.25):
                return
        yaw = float(np.arctan2(-out[0], out[1]))  # the frame's y axis points away from the lane
        stories = 1 if rng.uniform() < 0.22 - 0.2 * scene.height else 2 if rng.uniform() > scene.height - 0.45 else 3
        walls = 0.45 + 2.4 * stories + float(rng.uniform(0.0, 0.35))
        gable_on = bool(rng.uniform() < 0.3)
        span = wide if gable_on else deep
        plots.append(Plot(float(x), float(y_at), yaw, wide, deep, walls, span * float(rng.uniform(0.42, 0.52)),
                          gable_on, int(rng.integers(1 << 20)), row))  # fmt: skip

    for hand in (-1, 1):
        y = FIRST_M
        while y < LAST_M - 12:
            wide = float(rng.uniform(7.5, 11.0))
            setback = float(rng.uniform(4.6, 6.2)) if rng.uniform() < 0.75 else float(rng.uniform(7.0, 9.5))
            stand(y + wide / 2, hand, setback, wide, 0)
            close = rng.uniform() < 0.25 + 0.6 * scene.density
            y += wide + (float(rng.uniform(0.5, 1.6)) if close else float(rng.uniform(4, 10)))
    for hand in (-1, 1):
        for y in np.arange(-80.0, 168.0, 17.0):
            if rng.uniform() < 0.35 + 0.45 * scene.density:
                stand(float(y + rng.uniform(-5, 5)), hand, float(rng.uniform(24, 58)), float(rng.uniform(8, 12)), 1)
    return plots
