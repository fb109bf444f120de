"""Where cameras stand: the six standard angles searched around a world's stage, and custom ones checked.

All six look towards one focus from neighbouring directions, so that what one angle shows another shows too. They are
placed one after another. Each candidate that stands free is scanned once (looks.py); the tilt that composes best
(composition.py) and shares at least a tenth of its frame with every angle placed before it wins.
"""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import numpy as np

from render.composition import Taste, cost, subject_cost
from render.free_places import freed
from render.looks import Look, glimpse, look, look_through, overlap, scan
from render.spec import CameraSpec, StandardKind
from render.view import View, equirect, pinhole
from render.world.base import Point, World

CLEARANCE_M = 1.5
INDOOR_CLEARANCE_M = 0.30
LEAST_OVERLAP = 0.10
_SAFE_OVERLAP = 0.14
"""What the search asks for: the quick looks it measures with are a little too kind."""
_ENOUGH = {
    False: ((7, 0.22), (14, 1.5), (math.inf, math.inf)),
    True: ((7, 0.22), (10, 0.6), (18, 1.0), (math.inf, math.inf)),
}
"""What is good enough before so many scans: of angles that mind what stands in the way, a little longer less."""
_EVERY = 3
"""Of a frame's points, one in so many is asked for while searching; the one that wins is measured whole."""
_SPARE = 0.4
"""Frames that much worse than the best are not compared with the other angles, which is what costs time."""
_MOST_CHECKS = 12
_FEELERS = ((0.0, 0.4), (-0.6, 0.6), (0.6, 0.6), (0.0, 0.9))
"""Points before a lens: aside in parts of its half field, and away in parts of what should be clear."""

_CLOSE_M, _MOST_SHUT = 5.0, 3
"""A panorama outdoors stands where no more of twelve directions than that are shut by something so near."""

_USUAL = Taste()


@dataclass(frozen=True)
class _Angle:
    """One standard angle: lens, where it stands relative to the stage, and how it is tilted.

    Args:
        focal_mm: lens.
        reach: distance to the focus in stage extents; side_deg: away from the approach, clockwise.
        eye_m: (lowest, share of the extent, highest) height above the ground; indoor_m: height indoors.
        tilt_deg: bounds of the tilt (lowest, highest); the subject decides within them.
        taste: what the frame should look like.
    """

    focal_mm: float
    reach: float
    side_deg: float
    eye_m: tuple[float, float, float]
    indoor_m: float
    tilt_deg: tuple[float, float]
    taste: Taste = _USUAL


ANGLES: dict[StandardKind, _Angle] = {
    "wide_establishing": _Angle(24, 1.0, 0, (3.0, 0.09, 18), 1.6, (-14, 12)),
    "medium_wide": _Angle(28, 0.80, 14, (1.8, 0.03, 5), 1.5, (-12, 14)),
    "medium": _Angle(35, 0.70, -13, (1.65, 0.016, 3), 1.4, (-12, 14), Taste(0.7)),
    "medium_close": _Angle(50, 0.74, 6, (1.6, 0.012, 2.4), 1.35, (-14, 14), Taste(0.4, ground=False)),
    "low_angle": _Angle(24, 0.58, -22, (0.45, 0.004, 0.8), 0.4, (10, 22), Taste(0.8, 0.68, clear=5.0)),
    "high_angle": _Angle(
        28, 0.74, 24, (10.0, 0.32, 55), 2.2, (-45, -14.6),
        Taste(0.0, ground=False, clear=5.0, things=0.7, beyond=4.0),
    ),
}
"""In the order of placing: what comes later yields to what stands already."""


@runtime_checkable
class HasFooting(Protocol):
    """A world that knows where one cannot stand."""

    def footing(self, x_m: float, y_m: float) -> float:
        """1 over firm ground, 0 over water."""
        ...


@dataclass(frozen=True)
class Shot:
    """A placed camera and what people should know about its place."""

    view: View
    notes: tuple[str, ...] = ()


_Placed = dict[StandardKind, Look]
_PLACED: WeakKeyDictionary[World, _Placed] = WeakKeyDictionary()
_LOCK = threading.RLock()


def place(world: World, camera: CameraSpec, width_px: int, height_px: int) -> Shot:
    """Place the camera of a spec.

    Args:
        world: where; standard angles must be placed in the same version of a world for every picture size.
        camera: as asked for.
        width_px, height_px: the film.

    Raises:
        SpecError: nothing free within reach of the wanted position.
    """
    if camera.kind == "pano":
        eye, notes = _pano_eye(world, camera)
        return Shot(equirect(width_px, height_px, eye), notes)
    if camera.kind == "custom":
        return _custom(world, camera, width_px, height_px)
    placed = standard_look(world, camera.kind).view
    focal = camera.focal_mm or round(placed.fx_px * 36 / placed.width_px, 3)
    ahead = placed.eye_m + placed.world_from_cam[:, 2]
    return Shot(pinhole(width_px, height_px, placed.eye_m, ahead, focal, camera.sensor_mm[0], camera.roll_deg))


def standard_look(world: World, kind: StandardKind) -> Look:
    """What a standard angle of a world sees; searched once, together with the angles placed before it."""
    with _LOCK:
        placed = _PLACED.setdefault(world, {})
        for each, angle in ANGLES.items():
            if each not in placed:
                for other, seen in placed.items():  # the first one is asked for alone most often, and needs it no more
                    if not seen.exact:
                        placed[other] = look_through(world, seen.view)
                placed[each] = _search(world, angle, tuple(placed.values()))
            if each == kind:
                break
        return placed[kind]


def _search(world: World, angle: _Angle, others: tuple[Look, ...]) -> Look:
    """The best place and tilt; with another lens where the angle's own shares too little with the others."""
    best = _searched(world, angle, others)
    for share in (0.8, 1.25):
        if best[0] < LEAST_OVERLAP:
            other = _searched(world, replace(angle, focal_mm=round(share * angle.focal_mm)), others)
            best = max(best, other, key=lambda each: each[0])
    return best[1]


def _searched(world: World, angle: _Angle, others: tuple[Look, ...]) -> tuple[float, Look]:
    focus = np.asarray(world.stage.focus_m, np.float64)
    tried: list[tuple[float, Look]] = []
    best = math.inf
    for scans, (prior, eye) in enumerate(_candidates(world, angle)):
        enough = next(limit for most, limit in _ENOUGH[bool(angle.taste.clear)] if scans < most)
        if tried and best < max(enough, prior):
            break
        frames = _frames(world, angle, eye, focus, others, best + _SPARE - prior)
        tried += [(prior + judged, seen) for judged, seen in frames]
        best = min(each[0] for each in tried)
    if not tried:  # nothing is free around the stage: look down at it from above
        x, y = float(focus[0]), float(focus[1])
        eye = np.array([x, y - 1.0, max(world.ground_m(x, y), float(focus[2])) + 30.0])
        ahead = focus - eye
        return 1.0, look(scan(world, eye, ahead, 100, 70), ahead, angle.focal_mm)
    return _surest(world, [seen for _, seen in sorted(tried, key=lambda each: each[0])[:_MOST_CHECKS]], others)


def _surest(world: World, looks: list[Look], others: tuple[Look, ...]) -> tuple[float, Look]:
    """The first of some frames, best first, that shares enough with all others when traced as it is; and its share."""
    if not others:
        return 1.0, looks[0]
    most: tuple[float, Look] | None = None
    for each in looks:
        exact = look_through(world, each.view)
        least = min((overlap(exact, other) for other in others), default=1.0)
        if most is None or least > most[0]:
            most = least, exact
        if least > LEAST_OVERLAP:
            break
    assert most is not None
    return most


def _candidates(world: World, angle: _Angle) -> Iterator[tuple[float, Point]]:
    """Free places for an angle, likeliest first, each with what it costs to stand there."""
    stage = world.stage
    focus = np.asarray(stage.focus_m, np.float64)
    low, share, high = angle.eye_m
    rise = angle.indoor_m if stage.indoors else min(max(low, share * stage.extent_m), high)
    hall = stage.indoors and rise > 2 and stage.extent_m > 7
    if hall:  # a high angle of a hall hangs under its roof
        rise = min(0.34 * stage.extent_m, 8.0)
    clearance = min(INDOOR_CLEARANCE_M if stage.indoors else CLEARANCE_M, rise * 0.8)
    lifts: tuple[float, ...] = (0.0, -0.3, 0.3) if stage.indoors else (0.0, 0.7 * rise, 2.0 * rise, 5.0 * rise)
    if angle.tilt_deg[0] > 0:  # what looks up stays low; in a room it may look over the table tops
        lifts = (0.0, 0.5) if stage.indoors else (0.0,)
    elif angle.tilt_deg[1] < 0 and not stage.indoors:
        lifts = (*lifts, -0.45 * rise)
    if hall:
        lifts = tuple(share * rise for share in (0.0, -0.15, -0.3, -0.45, -0.6, -0.7) if (1 + share) * rise > 2.0)
    dear = 0.5 if angle.tilt_deg[1] < 0 else 0.3  # higher still, and it is a map
    raised = {lift: dear * math.log1p(abs(lift) / max(rise, 1.0)) for lift in lifts}
    wishes = [
        (abs(turn) / 55 + abs(math.log(stretch)) * 1.1 + raised[lift], turn, stretch, lift)
        for lift in lifts
        for stretch in (1.0, 0.86, 1.16, 0.72, 1.35, 1.6)
        for turn in (0, 8, -8, 16, -16, 25, -25, 36, -36)
    ]
    waiting: list[tuple[float, int, Point]] = []
    for number, (prior, turn, stretch, lift) in enumerate(sorted(wishes, key=lambda wish: wish[0])):
        while waiting and waiting[0][0] <= prior:
            yield waiting[0][0], heapq.heappop(waiting)[2]
        heading = math.radians(stage.approach_deg + angle.side_deg + turn)
        reach = angle.reach * stretch * stage.extent_m
        x, y = float(focus[0]) + reach * math.sin(heading), float(focus[1]) + reach * math.cos(heading)
        eye = np.array([x, y, world.ground_m(x, y) + rise + lift])
        if world.is_free(eye, clearance):
            total = prior + 0.8 * (1 - _footing(world, eye)) + _blocked(world, angle, eye, focus)
            heapq.heappush(waiting, (total, number, eye))
    while waiting:
        yield waiting[0][0], heapq.heappop(waiting)[2]


def _blocked(world: World, angle: _Angle, eye: Point, focus: Point) -> float:
    """What it costs that something stands before the lens: felt at a few points, for a tenth of what a scan takes."""
    if not angle.taste.clear:
        return 0.0
    straight, level = _aim(eye, focus)
    tilt = math.radians(min(max(straight, angle.tilt_deg[0]), angle.tilt_deg[1]))
    heading = math.atan2(focus[0] - eye[0], focus[1] - eye[1])
    reach = max(0.3 * level, 1.2)
    blocked = 0
    for aside, share in _FEELERS:
        turned = heading + aside * math.atan(18 / angle.focal_mm)
        way = np.array([math.sin(turned) * math.cos(tilt), math.cos(turned) * math.cos(tilt), math.sin(tilt)])
        blocked += not world.is_free(eye + share * reach * way, min(0.2 * reach, 0.8 * angle.eye_m[0]))
    return 0.3 * blocked


def _frames(
    world: World, angle: _Angle, eye: Point, focus: Point, others: tuple[Look, ...], limit: float
) -> Iterator[tuple[float, Look]]:
    """Ways to tilt a camera that stands there, with their costs; none that costs more than the limit."""
    straight, _ = _aim(eye, focus)
    least, most = angle.tilt_deg
    tall = math.degrees(2 * math.atan(10.125 / angle.focal_mm))
    wide = math.degrees(2 * math.atan(18 / angle.focal_mm))
    # never so far that the focus leaves the middle of the frame
    tilts = sorted({
        min(max(min(max(straight + share * tall, least), most), straight - 0.32 * tall), straight + 0.32 * tall)
        for share in (-0.26, -0.13, 0.0, 0.13, 0.26)
    })
    middle = _ahead(eye, focus, 0.5 * (tilts[0] + tilts[-1]))
    field = wide + 6, tall + (tilts[-1] - tilts[0]) + 4
    indoors = world.stage.indoors
    if math.isfinite(limit):  # most that are ruled out do not see their subject
        little = glimpse(world, eye, middle, *field, focus)
        framed = ((tilt, look(little, _ahead(eye, focus, tilt), angle.focal_mm)) for tilt in tilts)
        tilts = [tilt for tilt, seen in framed if subject_cost(seen, focus) <= limit]
        if not tilts:
            return
    scanned = scan(world, eye, middle, *field)
    for tilt in tilts:
        seen = look(scanned, _ahead(eye, focus, tilt), angle.focal_mm)
        total = cost(seen, focus, angle.taste, indoors=indoors)
        if total > limit:
            continue
        shares = [overlap(seen, other, every=_EVERY) for other in others]
        total += sum(14 * max(0.0, _SAFE_OVERLAP - share) for share in shares)
        total += 2.5 * sum(share < LEAST_OVERLAP for share in shares)
        yield total, seen


def _aim(eye: Point, focus: Point) -> tuple[float, float]:
    """Tilt towards the focus in degrees, and how far it is on the map in metres."""
    level = math.hypot(focus[0] - eye[0], focus[1] - eye[1])
    return math.degrees(math.atan2(focus[2] - eye[2], level)), level


def _ahead(eye: Point, focus: Point, tilt_deg: float) -> Point:
    """Unit direction towards the focus on the map, tilted."""
    way = np.array([focus[0] - eye[0], focus[1] - eye[1]])
    way /= max(float(np.hypot(*way)), 1e-9)
    tilt = math.radians(tilt_deg)
    return np.array([way[0] * math.cos(tilt), way[1] * math.cos(tilt), math.sin(tilt)])


def _footing(world: World, eye: Point) -> float:
    """1 over firm ground, 0 over water; worlds that have none say nothing."""
    return world.footing(float(eye[0]), float(eye[1])) if isinstance(world, HasFooting) else 1.0


def _pano_eye(world: World, camera: CameraSpec) -> tuple[Point, tuple[str, ...]]:
    """Between the subject and where one comes from, with room to look around: not before a wall of rock."""
    if camera.position_m is not None:
        return freed(world, np.array(camera.position_m))
    stage = world.stage
    free: list[tuple[int, Point]] = []
    rise = 1.6 if stage.indoors else min(max(1.7, 0.03 * stage.extent_m), 6.0)
    for reach in (0.35, 0.2, 0.5, 0.0, 0.7):
        for turn in (0, 25, -25, 50, -50):
            heading = math.radians(stage.approach_deg + turn)
            x = float(stage.focus_m[0]) + reach * stage.extent_m * math.sin(heading)
            y = float(stage.focus_m[1]) + reach * stage.extent_m * math.cos(heading)
            eye = np.array([x, y, world.ground_m(x, y) + rise])
            if world.is_free(eye, INDOOR_CLEARANCE_M if stage.indoors else CLEARANCE_M):
                shut = 0 if stage.indoors else _shut(world, eye)
                if shut <= _MOST_SHUT:
                    return eye, ()
                free.append((shut, eye))
    if free:
        return min(free, key=lambda each: each[0])[1], ()
    return freed(world, np.asarray(stage.focus_m, np.float64))


def _shut(world: World, eye: Point) -> int:
    """Of twelve level directions all around, those in which something stands close by."""
    turns = np.arange(12) * (2 * math.pi / 12)
    ways = np.stack([np.sin(turns), np.cos(turns), 0 * turns], 1)
    return sum(world.first_hit(eye, way) < _CLOSE_M for way in ways)


def _custom(world: World, camera: CameraSpec, width_px: int, height_px: int) -> Shot:
    assert camera.position_m is not None
    assert camera.look_at_m is not None
    wanted, target = np.array(camera.position_m), np.array(camera.look_at_m)
    eye, notes = freed(world, wanted)
    if notes and float(np.linalg.norm(target - eye)) < 1.0:
        target = eye + (target - wanted)
    focal = camera.focal_mm or 35.0
    return Shot(pinhole(width_px, height_px, eye, target, focal, camera.sensor_mm[0], camera.roll_deg), notes)
