"""RenderSpec: everything that decides a picture, and its digest. RenderTarget: where the picture belongs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from render.errors import SpecError
from render.scene import Scene, parse_scene
from store.ids import EnvironmentId, ProjectId

ENGINE_VERSION = "2"
"""Raise it whenever the procedural engine's pixels change: it is part of every digest."""

Tier = Literal["preview", "low", "standard", "high"]
Lane = Literal["preview", "settled"]
EngineName = Literal["procedural", "diffusion"]
StandardKind = Literal["wide_establishing", "medium_wide", "medium", "medium_close", "low_angle", "high_angle"]
STANDARD_KINDS: tuple[StandardKind, ...] = get_args(StandardKind)
CameraKind = StandardKind | Literal["custom", "pano"]

TIER_SIZE_PX: Mapping[Tier, tuple[int, int]] = {
    "preview": (512, 288),
    "low": (512, 512),
    "standard": (768, 768),
    "high": (1024, 1024),
}
PANO_SIZE_PX: Mapping[Tier, tuple[int, int]] = {
    "preview": (512, 256),
    "low": (1024, 512),
    "standard": (2048, 1024),
    "high": (4096, 2048),
}
PREVIEW_SIZES_PX = ((256, 144), (512, 288))
MAX_SIDE_PX = 4096
FULL_FRAME_MM = (36.0, 24.0)

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """A camera as asked for: a standard angle the engine places itself, a custom pinhole, or the 360° view.

    World frame: z up, metres, x east, y north. For a standard kind, `position_m` and `look_at_m` stay None.
    The sensor's width is kept and its height follows the picture's aspect.
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

    Raises:
        SpecError: the kind is unknown, or a number is missing, not finite or out of range.
    """
    kind = value.get("kind", "wide_establishing")
    if kind not in (*STANDARD_KINDS, "custom", "pano"):
        raise SpecError(
            "camera.kind", f"must be one of {', '.join(STANDARD_KINDS)}, custom or pano, not {str(kind)[:40]!r}"
        )
    position, look_at = _vector(value, "position_m"), _vector(value, "look_at_m")
    if kind == "custom":
        if position is None or look_at is None:
            raise SpecError("camera", "a custom camera needs position_m and look_at_m, each [x, y, z] in metres")
        if math.dist(position, look_at) < 0.01:
            raise SpecError("camera.look_at_m", "must lie at least 1 cm from position_m")
    focal = value.get("focal_mm")
    sensor = value.get("sensor_mm") or FULL_FRAME_MM
    if not isinstance(sensor, list | tuple) or len(sensor) != 2:
        raise SpecError("camera.sensor_mm", "must be [width, height] in millimetres")
    return CameraSpec(
        kind=kind,
        position_m=position,
        look_at_m=look_at,
        focal_mm=None if focal is None else _number(focal, "camera.focal_mm", 4.0, 1200.0),
        sensor_mm=(
            _number(sensor[0], "camera.sensor_mm", 2.0, 120.0),
            _number(sensor[1], "camera.sensor_mm", 2.0, 120.0),
        ),
        roll_deg=_number(value.get("roll_deg") or 0.0, "camera.roll_deg", -180.0, 180.0),
    )


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
    width, height = (PANO_SIZE_PX if parsed_camera.kind == "pano" else TIER_SIZE_PX)[tier]
    return RenderSpec(
        scene=parse_scene(scene),
        camera=parsed_camera,
        width_px=_side(value.get("width_px", width), "width_px"),
        height_px=_side(value.get("height_px", height), "height_px"),
        tier=tier,
        engine=engine,
        engine_version=str(value.get("engine_version", ENGINE_VERSION)),
        style={str(k): str(v) for k, v in dict(value.get("style", {})).items()},
    )


def _side(value: object, name: str) -> int:
    side = _number(value, name, 16, MAX_SIDE_PX)
    if side != int(side):
        raise SpecError(name, "must be a whole number of pixels")
    return int(side)


def _number(value: object, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise SpecError(name, "must be a finite number")
    if not low <= value <= high:
        raise SpecError(name, f"must lie between {low:g} and {high:g}")
    return float(value)


def _vector(value: Mapping[str, Any], name: str) -> Vector | None:
    got = value.get(name)
    if got is None:
        return None
    if not isinstance(got, list | tuple) or len(got) != 3:
        raise SpecError(f"camera.{name}", "must be [x, y, z] in metres")
    x, y, z = (_number(v, f"camera.{name}", -100_000.0, 100_000.0) for v in got)
    return (x, y, z)
