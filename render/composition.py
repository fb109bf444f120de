"""How good a frame is, as a camera operator would judge it: one cost, made of rules that can be named.

    near      nothing fills the frame from close by; leaves and walls before the lens are worst
    clear     nothing large stands in the way: no roof's edge, desk or trunk that takes a third of the frame
    subject   the focus stands in the frame's middle part and is seen
    horizon   it or the skyline lies on a third, with air above peaks and roofs; in a room the camera is nearly level
    depth     something near at the lower edge, something at the subject's distance, something beyond
    things    outlines to look at; not bare ground from edge to edge
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from render.looks import Grid, Look
from render.world.base import Point

NEAR_M, NEAR_INDOORS_M = 3.0, 0.9
MOST_NEAR = 0.25
"""Share of the frame that may be nearer than that."""
ENOUGH_OUTLINES = 0.06
"""Share of the frame: from there on nobody calls it empty."""


@dataclass(frozen=True)
class Taste:
    """How much an angle minds.

    Args:
        horizon: weight of the rule of thirds. lowest: the least height of the horizon in the frame, 0 top to 1 bottom.
        ground: whether it wants a foreground.
        clear, things: weights of those rules; angles from unusual heights need them most.
        beyond: weight of something behind the subject.
    """

    horizon: float = 1.0
    lowest: float = 0.0
    ground: bool = True
    clear: float = 0.0
    things: float = 0.0
    beyond: float = 1.0


def cost(look: Look, focus_m: Point, taste: Taste, *, indoors: bool) -> float:
    """How bad the frame is: 0 is very good, 0.5 acceptable, above 2 wrong."""
    reach = look.reach_m
    away = float(np.linalg.norm(focus_m - look.view.eye_m))
    total = near_cost(reach, away, indoors=indoors)
    total += subject_cost(look, focus_m)
    if indoors:  # walls want to stand upright
        rise = float(look.view.world_from_cam[2, 2])
        total += taste.horizon * abs(math.degrees(math.asin(rise))) / 40
    else:
        total += taste.horizon * _horizon(look, taste)
    if taste.clear:
        total += taste.clear * max(0.0, in_the_way(look, focus_m, away) - 0.12)
    if taste.things:
        total += taste.things * max(0.0, 1 - _outlines(reach) / ENOUGH_OUTLINES)
    return total + _layers(reach, away, taste)


def near_share(look: Look, *, indoors: bool) -> float:
    """Share of the frame filled by what is closer than 3 m (0.9 m in a room)."""
    return float((look.reach_m < (NEAR_INDOORS_M if indoors else NEAR_M)).mean())


def near_cost(reach: Grid, away: float, *, indoors: bool) -> float:
    """Of things close to the lens, and of large ones well before the subject."""
    near = float((reach < (NEAR_INDOORS_M if indoors else NEAR_M)).mean())
    touching = float((reach < (0.25 if indoors else 0.7)).mean())
    before = float((reach[: int(reach.shape[0] * 0.62)] < 0.24 * away).mean())
    total = 5 * max(0.0, near - 0.08) + 12 * touching + 2.2 * max(0.0, before - 0.06)
    return total + (4 if near > MOST_NEAR else 0)


def in_the_way(look: Look, focus_m: Point, away: float) -> float:
    """Share of the frame that things take which stand out well before the subject: before all else in their rows, or,
    seen from above, before the ground that the subject stands on. In the middle third of the frame it counts thrice."""
    seen = np.minimum(look.reach_m, 1e6)
    quarter = seen.shape[1] // 4
    ahead = np.repeat(np.partition(seen, -quarter, axis=1)[:, [-quarter]], seen.shape[1], axis=1)
    met = np.where(np.isfinite(look.reach_m), look.reach_m, 1.0)
    falls = (look.view.eye_m[2] - look.points[:, 2].reshape(met.shape)) / met
    drop = float(look.view.eye_m[2] - focus_m[2])
    if drop > 0:
        ahead = np.where(falls > 0.1, np.maximum(ahead, drop / np.maximum(falls, 0.1)), ahead)
    stands_out = ((seen < 0.72 * ahead) & (seen < 0.62 * away)).mean(0)
    third = stands_out.size // 3
    return float(stands_out.mean() + 2 * stands_out[third:-third].sum() / stands_out.size)


def _outlines(reach: Grid) -> float:
    """Share of the frame where the distance breaks off: edges of things, ridges, the skyline."""
    inverse = 1 / np.minimum(reach, 1e5)  # straight lines of pixels over a plane keep their steps in it
    middle = inverse[1:-1, 1:-1]
    across = np.abs(inverse[1:-1, 2:] + inverse[1:-1, :-2] - 2 * middle)
    down = np.abs(inverse[2:, 1:-1] + inverse[:-2, 1:-1] - 2 * middle)
    return float((np.maximum(across, down) > 0.12 * middle).mean())


def subject_cost(look: Look, focus_m: Point) -> float:
    """Of a subject that stands aside or is hidden; it takes no more of the frame than what is right around it."""
    view = look.view
    away = float(np.linalg.norm(focus_m - view.eye_m))
    x, y, z = view.world_from_cam.T @ (focus_m - view.eye_m)
    if z <= 0:
        return 9.0
    u, v = (x / z * view.fx_px + view.cx_px) / view.width_px, (y / z * view.fy_px + view.cy_px) / view.height_px
    off: float = max(0.0, abs(u - 0.5) - 0.17) * 3 + max(0.0, abs(v - 0.5) - 0.17) * 3
    if not (0.06 < u < 0.94 and 0.08 < v < 0.92):
        return float(6.0 + off)
    row, column = int(v * view.height_px), int(u * view.width_px)
    around = look.reach_m[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
    hidden = float((around < 0.72 * away).mean())
    return float(off + 2.5 * hidden)


def _horizon(look: Look, taste: Taste) -> float:
    forward = look.view.world_from_cam[:, 2]
    slope = float(forward[2]) / max(math.hypot(float(forward[0]), float(forward[1])), 1e-6)
    horizon = 0.5 + slope * look.view.fy_px / look.view.height_px
    sky = np.isinf(look.reach_m)
    height = look.reach_m.shape[0]
    skyline = float(np.median(np.where(sky.all(0), height, (~sky).argmax(0)))) / height
    gap: float = min(abs(horizon - 1 / 3), abs(horizon - 2 / 3))
    if sky.mean() >= 0.03:
        gap = min(gap + 0.05, abs(skyline - 1 / 3), abs(skyline - 2 / 3))
    total = 1.6 * max(0.0, gap - 0.03) + 4 * max(0.0, float(sky.mean()) - 0.62)
    cut = float((~sky[0]).mean()) if taste.ground else 0.0  # peaks and roofs want air above them
    total += 0.35 * max(0.0, cut - 0.3) + 3 * max(0.0, taste.lowest - horizon)
    return float(total)


def _layers(reach: Grid, away: float, taste: Taste) -> float:
    lower = reach[int(reach.shape[0] * 0.78) :]
    total = 0.35 if taste.ground and float(np.median(lower)) > 0.55 * away else 0.0
    middle = float(((reach > 0.5 * away) & (reach < 1.7 * away)).mean())
    beyond = float((reach > 1.7 * away).mean())
    return total + 1.5 * max(0.0, 0.14 - middle) + taste.beyond * max(0.0, 0.10 - beyond)
