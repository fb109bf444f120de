"""Where cameras stand: the six standard angles placed by ray test around a world's stage, and custom ones checked.

All six look towards one focus from neighbouring directions, so that what one angle shows another shows too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from render.errors import SpecError
from render.spec import CameraSpec, StandardKind
from render.view import View, equirect, look_at, pinhole
from render.world.base import Point, World

CLEARANCE_M = 1.5
_INDOOR_CLEARANCE_M = 0.30


@dataclass(frozen=True)
class _Angle:
    """One standard angle: lens, where it stands relative to the stage, and how it is tilted.

    Args:
        focal_mm: lens.
        reach: distance to the focus in stage extents; side_deg: away from the approach, clockwise.
        eye_m: (lowest, share of the extent, highest) height above the ground; indoor_m: height indoors.
        pitch_deg: wanted tilt, None to aim straight at the focus.
    """

    focal_mm: float
    reach: float
    side_deg: float
    eye_m: tuple[float, float, float]
    indoor_m: float
    pitch_deg: float | None = None


ANGLES: dict[StandardKind, _Angle] = {
    "wide_establishing": _Angle(22, 1.0, 0, (2.2, 0.085, 16), 1.55),
    "medium_wide": _Angle(28, 0.78, 14, (1.8, 0.035, 6), 1.5),
    "medium": _Angle(35, 0.62, -12, (1.65, 0.016, 3), 1.4),
    "medium_close": _Angle(50, 0.50, 5, (1.6, 0.012, 2.4), 1.35),
    "low_angle": _Angle(24, 0.66, -20, (0.7, 0.006, 1.1), 0.45, 11),
    "high_angle": _Angle(28, 0.80, 22, (3.5, 0.22, 34), 2.15, -19),
}


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
    angle = ANGLES[camera.kind]
    eye, target = _standard(world, angle)
    focal = camera.focal_mm or angle.focal_mm
    # A square film keeps the angle's width of view; on a wide one the lens is meant for the long side.
    return Shot(pinhole(width_px, height_px, eye, target, focal, camera.sensor_mm[0], camera.roll_deg))


def _standard(world: World, angle: _Angle) -> tuple[Point, Point]:
    stage = world.stage
    focus = np.asarray(stage.focus_m, np.float64)
    clearance = _INDOOR_CLEARANCE_M if stage.indoors else CLEARANCE_M
    low, share, high = angle.eye_m
    rise = angle.indoor_m if stage.indoors else min(max(low, share * stage.extent_m), high)
    best: tuple[float, Point] | None = None
    for lift in (0.0, 1.0, 2.5, 5.0, 10.0) if not stage.indoors else (0.0, -0.3, 0.3):
        for stretch in (1.0, 0.88, 1.12, 0.76, 1.25):
            for turn in (0, 7, -7, 14, -14, 22, -22, 32, -32):
                heading = math.radians(stage.approach_deg + angle.side_deg + turn)
                reach = angle.reach * stretch * stage.extent_m
                x = float(focus[0]) + reach * math.sin(heading)
                y = float(focus[1]) + reach * math.cos(heading)
                eye = np.array([x, y, world.ground_m(x, y) + rise + lift])
                tight = min(clearance, rise * 0.8)
                cost = abs(turn) / 40 + abs(stretch - 1) * 1.5 + lift / 6
                cost += 0 if stage.indoors else 0.8 * (1 - _footing(world, eye))
                if (best is not None and cost >= best[0]) or not world.is_free(eye, tight):
                    continue
                cost += 4 * (1 - _seen_share(world, eye, focus))
                if best is not None and cost >= best[0]:
                    continue
                cost += 5 * (1 - _open_share(world, eye, _aim(eye, focus, angle), angle.focal_mm))
                if best is None or cost < best[0]:
                    best = (cost, eye)
                if best[0] < 0.25:
                    return best[1], _aim(best[1], focus, angle)
        if best is not None and best[0] < 0.8 + lift / 6:
            break
    if best is None:
        eye = np.array([focus[0], focus[1], world.ground_m(float(focus[0]), float(focus[1])) + rise + 25])
        return eye, _aim(eye, focus + np.array([0.0, 30.0, -20.0]), angle)
    return best[1], _aim(best[1], focus, angle)


def _aim(eye: Point, focus: Point, angle: _Angle) -> Point:
    if angle.pitch_deg is None:
        return focus
    away = math.hypot(focus[0] - eye[0], focus[1] - eye[1])
    straight = math.degrees(math.atan2(focus[2] - eye[2], away))
    pitch = max(straight, angle.pitch_deg) if angle.pitch_deg > 0 else min(straight, angle.pitch_deg)
    # never turn so far that the focus leaves the picture: a third of the lens' half height is kept
    room = math.degrees(math.atan(12 / angle.focal_mm)) * 0.6
    pitch = min(max(pitch, straight - room), straight + room)
    return np.array([focus[0], focus[1], eye[2] + math.tan(math.radians(pitch)) * away])


def _seen_share(world: World, eye: Point, focus: Point) -> float:
    """Share of a few sight lines to the focus that arrive."""
    arrived = 0
    offsets = ((0.0, 0.0), (0.06, 0.02), (-0.06, 0.02))
    for side, up in offsets:
        line = focus - eye
        length = float(np.linalg.norm(line))
        across = np.array([line[1], -line[0], 0.0]) * side
        way = line + across + np.array([0.0, 0.0, up * length])
        way /= np.linalg.norm(way)
        if world.first_hit(eye, way) > 0.72 * length:
            arrived += 1
    return arrived / len(offsets)


def _open_share(world: World, eye: Point, aim: Point, focal_mm: float) -> float:
    """Share of the picture, sampled by a few rays, that no close obstacle fills."""
    frame = look_at(eye, aim)
    away = float(np.linalg.norm(aim - eye))
    wide, tall = 14.0 / focal_mm, 6.0 / focal_mm  # inside the film's edges of 36 mm
    open_rays = 0
    rays = [(u, v) for v in (-1.0, 0.0) for u in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    for u, v in rays:
        way = frame @ np.array([u * wide, v * tall, 1.0])
        way /= np.linalg.norm(way)
        open_rays += world.first_hit(eye, way) > 0.22 * away
    return open_rays / len(rays)


def _footing(world: World, eye: Point) -> float:
    """1 over firm ground, 0 over water; worlds that have none say nothing."""
    return world.footing(float(eye[0]), float(eye[1])) if isinstance(world, HasFooting) else 1.0


def _pano_eye(world: World, camera: CameraSpec) -> tuple[Point, tuple[str, ...]]:
    if camera.position_m is not None:
        return _freed(world, np.array(camera.position_m))
    stage = world.stage
    rise = 1.6 if stage.indoors else min(max(1.7, 0.03 * stage.extent_m), 6.0)
    for reach in (0.35, 0.2, 0.5, 0.0, 0.7):
        for turn in (0, 25, -25, 50, -50):
            heading = math.radians(stage.approach_deg + turn)
            x = float(stage.focus_m[0]) + reach * stage.extent_m * math.sin(heading)
            y = float(stage.focus_m[1]) + reach * stage.extent_m * math.cos(heading)
            eye = np.array([x, y, world.ground_m(x, y) + rise])
            if world.is_free(eye, _INDOOR_CLEARANCE_M if stage.indoors else CLEARANCE_M):
                return eye, ()
    return _freed(world, np.asarray(stage.focus_m, np.float64))


def _custom(world: World, camera: CameraSpec, width_px: int, height_px: int) -> Shot:
    assert camera.position_m is not None
    assert camera.look_at_m is not None
    wanted, target = np.array(camera.position_m), np.array(camera.look_at_m)
    eye, notes = _freed(world, wanted)
    if notes and float(np.linalg.norm(target - eye)) < 1.0:
        target = eye + (target - wanted)
    focal = camera.focal_mm or 35.0
    return Shot(pinhole(width_px, height_px, eye, target, focal, camera.sensor_mm[0], camera.roll_deg), notes)


def _freed(world: World, wanted: Point) -> tuple[Point, tuple[str, ...]]:
    """The wanted position, or the nearest free one and a note.

    Raises:
        SpecError: none is free.
    """
    clearance = 0.10
    if world.is_free(wanted, clearance):
        return wanted, ()
    room = _INDOOR_CLEARANCE_M if world.stage.indoors else 1.0
    ways = [
        np.array([math.sin(a) * math.cos(b), math.cos(a) * math.cos(b), math.sin(b)])
        for b in (0.0, 0.7, -0.7) for a in np.arange(8) * math.pi / 4
    ]
    for reach in (0.3, 0.6, 1.0, 1.6, 2.5, 4.0, 6.0, 9.0, 14.0):
        for way in [np.array([0.0, 0.0, 1.0]), *ways]:
            eye = wanted + way * reach
            if world.is_free(eye, room):
                return eye, (f"The camera stood inside something solid and was moved {reach:.1f} m into the open.",)
    if not world.stage.indoors:
        ground = world.ground_m(float(wanted[0]), float(wanted[1]))
        for lift in (1.7, 3.0, 6.0, 12.0, 25.0, 50.0):
            eye = np.array([wanted[0], wanted[1], max(ground, float(wanted[2])) + lift])
            if world.is_free(eye, room):
                moved = float(eye[2] - wanted[2])
                return eye, (f"The camera stood inside the ground and was lifted {moved:.1f} m into the open.",)
    raise SpecError("camera.position_m", "stands inside something solid, nothing free nearby; move it into the open")
