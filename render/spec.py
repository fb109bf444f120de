"""RenderSpec: everything that decides a picture, and its digest. RenderTarget: where the picture belongs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from render.errors import SpecError
from render.framing import SENSORS_MM, Aspect, check_field, on_orbit, parse_aspect, size_of
from render.scene import Scene, parse_scene
from store.ids import EnvironmentId, ProjectId

ENGINE_VERSION = "5"
"""Raise it whenever the procedural engine's pixels change: it is part of every digest."""

Tier = Literal["preview", "low", "standard", "high"]
Lane = Literal["preview", "settled"]
EngineName = Literal["procedural", "diffusion"]
StandardKind = Literal["wide_establishing", "medium_wide", "medium", "medium_close", "low_angle", "high_angle"]
STANDARD_KINDS: tuple[StandardKind, ...] = get_args(StandardKind)
CameraKind = StandardKind | Literal["custom", "pano"]

TIER_PIXELS: Mapping[Tier, int] = {"preview": 512 * 288, "low": 512**2, "standard": 768**2, "high": 1024**2}
"""How many pixels a tier has, whatever the aspect."""
TIER_SIZE_PX: Mapping[Tier, tuple[int, int]] = {tier: size_of(count, "16:9") for tier, count in TIER_PIXELS.items()}
"""The sizes of cameras that name no aspect: 512×288, 682×384, 1024×576, 1366×768."""
PANO_SIZE_PX: Mapping[Tier, tuple[int, int]] = {
    "preview": (512, 256),
    "low": (1024, 512),
    "standard": (2048, 1024),
    "high": (4096, 2048),
}
PREVIEW_SIZES_PX = ((256, 144), (512, 288))
MIN_SIDE_PX, MAX_SIDE_PX = 16, 4096
MAX_PIXELS = 4096 * 2304
FULL_FRAME_MM = SENSORS_MM["full_frame"]
FARTHEST_M = 100_000.0

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """A camera as asked for: a standard angle the engine places itself, a custom pinhole, or the 360° view.

    World frame: z up, metres, x east, y north. For a standard kind, `position_m` and `look_at_m` stay None.
    The sensor's width lies along the picture's longer side; its height follows the aspect.
    """

    kind: CameraKind = "wide_establishing"
    position_m: Vector | None = None
    look_at_m: Vector | None = None
    focal_mm: float | None = None
    sensor_mm: tuple[float, float] = FULL_FRAME_MM
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class RenderTarget:
    """The sealed return address of a picture; render never looks inside."""

    project: ProjectId
    environment: EnvironmentId
    slot: str


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """A request that decides its pixels: same digest, same picture (per engine version and device class)."""

    scene: Scene
    camera: CameraSpec
    width_px: int
    height_px: int
    tier: Tier
    engine: EngineName = "procedural"
    engine_version: str = ENGINE_VERSION
    style: Mapping[str, str] = field(default_factory=dict)
    _digest: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Canonical, JSON-ready form; `parse_spec` reads it back."""
        camera = {
            "kind": self.camera.kind,
            "position_m": self.camera.position_m,
            "look_at_m": self.camera.look_at_m,
            "focal_mm": self.camera.focal_mm,
            "sensor_mm": self.camera.sensor_mm,
            "roll_deg": self.camera.roll_deg,
        }
        return {
            "scene": self.scene.canonical(),
            "camera": camera,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "tier": self.tier,
            "engine": self.engine,
            "engine_version": self.engine_version,
            "style": dict(self.style),
        }

    def digest(self) -> str:
        """Hex sha256 of the canonical JSON (sorted keys, no spaces)."""
        if not self._digest:  # asked for several times on the way of every request
            text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)
            self._digest.append(hashlib.sha256(text.encode()).hexdigest())
        return self._digest[0]


def parse_camera(value: Mapping[str, Any]) -> CameraSpec:
    """Read a camera from a document's or a request's JSON; unknown keys are ignored, so that newer clients do no harm.

    A custom camera stands at `position_m` and looks at `look_at_m`, or goes round `orbit` {target_m, yaw_deg,
    pitch_deg, distance_m}; where both are there the position wins. Its film is `sensor_mm`, or a preset in `sensor`.
    `aspect` decides the picture's size (see `camera_size`), not the camera.

    Raises:
        SpecError: the kind is unknown, or a number is missing, not finite or out of range.
    """
    kind = value.get("kind", "wide_establishing")
    if kind not in (*STANDARD_KINDS, "custom", "pano"):
        raise SpecError(
            "camera.kind", f"must be one of {', '.join(STANDARD_KINDS)}, custom or pano, not {str(kind)[:40]!r}"
        )
    parse_aspect(value.get("aspect"))
    position, look_at = _vector(value, "position_m"), _vector(value, "look_at_m")
    if kind == "custom":
        if position is None and value.get("orbit") is not None:
            position, look_at = _orbit(value["orbit"], look_at)
        if position is None or look_at is None:
            raise SpecError(
                "camera", "a custom camera needs position_m and look_at_m, each [x, y, z] in metres, or an orbit"
            )
        if math.dist(position, look_at) < 0.01:
            raise SpecError("camera.look_at_m", "must lie at least 1 cm from position_m")
    focal = value.get("focal_mm")
    sensor = _sensor(value)
    focal_mm = None if focal is None else _number(focal, "camera.focal_mm", 1.0, 1200.0)
    if kind != "pano":
        check_field(35.0 if focal_mm is None else focal_mm, sensor[0])
    return CameraSpec(
        kind=kind, position_m=position, look_at_m=look_at, focal_mm=focal_mm, sensor_mm=sensor,
        roll_deg=_number(value.get("roll_deg") or 0.0, "camera.roll_deg", -180.0, 180.0),
    )


def _sensor(value: Mapping[str, Any]) -> tuple[float, float]:
    sensor, preset = value.get("sensor_mm"), value.get("sensor")
    if sensor is None and preset is not None:
        sensor = SENSORS_MM.get(preset) if isinstance(preset, str) else None  # type: ignore[call-overload]  # any text
        if sensor is None:
            raise SpecError("camera.sensor", f"must be one of {', '.join(SENSORS_MM)}, not {str(preset)[:20]!r}")
    sensor = sensor or FULL_FRAME_MM
    if not isinstance(sensor, list | tuple) or len(sensor) != 2:
        raise SpecError("camera.sensor_mm", "must be [width, height] in millimetres")
    width, height = (_number(side, "camera.sensor_mm", 2.0, 120.0) for side in sensor)
    return (width, height)


def _orbit(orbit: object, look_at: Vector | None) -> tuple[Vector, Vector]:
    """Position and look-at of an orbit."""
    if not isinstance(orbit, Mapping):
        raise SpecError("camera.orbit", "must be {target_m: [x, y, z], yaw_deg, pitch_deg, distance_m}")
    target = _vector(orbit, "target_m", "camera.orbit") or _vector(orbit, "target", "camera.orbit") or look_at
    if target is None:
        raise SpecError("camera.orbit.target_m", "must be [x, y, z] in metres: what the camera goes around")
    yaw = _number(orbit.get("yaw_deg", 0.0), "camera.orbit.yaw_deg", -360.0, 360.0)
    pitch = _number(orbit.get("pitch_deg", 0.0), "camera.orbit.pitch_deg", -89.0, 89.0)
    away = _number(orbit.get("distance_m"), "camera.orbit.distance_m", 0.05, 50_000.0)
    return on_orbit(target, yaw, pitch, away), target


def camera_size(value: Mapping[str, Any], tier: Tier) -> tuple[int, int]:
    """(width, height) in pixels of a camera's pictures at a tier: as many pixels in every aspect.

    Args:
        value: the camera's JSON; `aspect` is one of 1:1, 4:3, 16:9 (the default), 2.39:1, 9:16.
        tier: preview or settled.

    Raises:
        SpecError: the aspect is none of ours.
    """
    aspect: Aspect = parse_aspect(value.get("aspect"))
    return PANO_SIZE_PX[tier] if value.get("kind") == "pano" else size_of(TIER_PIXELS[tier], aspect)


def parse_spec(value: Mapping[str, Any]) -> RenderSpec:
    """Read back `RenderSpec.to_json()`, or a SCENE.json written by hand (everything but `scene` may be left out).

    Raises:
        SpecError: a field is unknown, missing or out of range.
    """
    tier = value.get("tier", "standard")
    if tier not in TIER_SIZE_PX:
        raise SpecError("tier", f"must be one of {', '.join(TIER_SIZE_PX)}")
    engine = value.get("engine", "procedural")
    if engine not in get_args(EngineName):
        raise SpecError("engine", f"must be one of {', '.join(get_args(EngineName))}")
    scene = value.get("scene", {})
    camera = value.get("camera", {})
    if not isinstance(scene, Mapping) or not isinstance(camera, Mapping):
        raise SpecError("scene" if not isinstance(scene, Mapping) else "camera", "must be an object")
    parsed_camera = parse_camera(camera)
    width, height = _size(value, camera_size({**camera, "kind": parsed_camera.kind}, tier))
    return RenderSpec(
        scene=parse_scene(scene),
        camera=parsed_camera,
        width_px=width,
        height_px=height,
        tier=tier,
        engine=engine,
        engine_version=str(value.get("engine_version", ENGINE_VERSION)),
        style={str(k): str(v) for k, v in dict(value.get("style", {})).items()},
    )


def _size(value: Mapping[str, Any], usual: tuple[int, int]) -> tuple[int, int]:
    """The picture's size; where one side is given, the other follows the usual shape."""
    wide, tall = value.get("width_px"), value.get("height_px")
    width, height = usual
    if wide is not None:
        width = _side(wide, "width_px")
        height = max(MIN_SIDE_PX, round(width * usual[1] / usual[0]))
    if tall is not None:
        height = _side(tall, "height_px")
        width = width if wide is not None else max(MIN_SIDE_PX, round(height * usual[0] / usual[1]))
    if width > MAX_SIDE_PX or height > MAX_SIDE_PX or width * height > MAX_PIXELS:
        share = min(MAX_SIDE_PX / max(width, height), math.sqrt(MAX_PIXELS / (width * height)))
        raise SpecError(
            "width_px", f"{width}×{height} is too large; {int(width * share)}×{int(height * share)} is the largest "
            "picture of that shape",
        )
    return width, height


def _side(value: object, name: str) -> int:
    side = _number(value, name, MIN_SIDE_PX, MAX_SIDE_PX, " pixels")
    if side != int(side):
        raise SpecError(name, "must be a whole number of pixels")
    return int(side)


def _number(value: object, name: str, low: float, high: float, unit: str = "") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise SpecError(name, "must be a finite number")
    if not low <= value <= high:
        raise SpecError(name, f"must lie between {low:g} and {high:g}{unit}")
    return float(value)


def _vector(value: Mapping[str, Any], name: str, of: str = "camera") -> Vector | None:
    got = value.get(name)
    if got is None:
        return None
    if not isinstance(got, list | tuple) or len(got) != 3:
        raise SpecError(f"{of}.{name}", "must be [x, y, z] in metres")
    x, y, z = (_number(v, f"{of}.{name}", -FARTHEST_M, FARTHEST_M) for v in got)
    return (x, y, z)
