"""What a set of pictures of one place is made of: its angles, its variations from each of them, the panorama."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from render.errors import SpecError
from render.scene import parse_scene
from render.spec import PANO_SIZE_PX, STANDARD_KINDS, TIER_SIZE_PX, CameraSpec, RenderSpec, Tier, parse_spec
from render.variation_sets import AXIS_NAMES, VARIATION_SETS, SceneVariation

BASE = "base"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a set.

    Args:
        variation: id of what is changed, or "base".
        variation_label: what people read.
        camera: a standard angle, "custom" or "pano".
        spec: what is rendered.
    """

    variation: str
    variation_label: str
    camera: str
    spec: RenderSpec

    @property
    def slot(self) -> str:
        """The same name as in a project's document."""
        return f"{self.variation}/{self.camera}"

    @property
    def camera_label(self) -> str:
        """What people read."""
        return self.camera.replace("_", " ").capitalize()


def read_axes(text: str) -> tuple[SceneVariation, ...]:
    """`time,weather,season` → their variations, in that order, each once.

    Raises:
        SpecError: a set is unknown.
    """
    found: dict[str, SceneVariation] = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name not in AXIS_NAMES:
            raise SpecError("variations", f"must be among time, weather, season, not {name[:40]!r}")
        found |= {variation.id: variation for variation in VARIATION_SETS[AXIS_NAMES[name]]}
    return tuple(found.values())


def plan_set(
    spec: RenderSpec, *, angles: bool = False, variations: Sequence[SceneVariation] = (), pano: bool = False,
    size_px: tuple[int, int] | None = None, tier: Tier | None = None,
) -> tuple[Frame, ...]:
    """What a set is made of.

    Args:
        spec: the scene with its camera.
        angles: the six standard angles, too.
        variations: each from the spec's camera, with `angles` from every angle.
        pano: the base all around, too.
        size_px: of every picture but the panorama, whose size is its tier's.
        tier: instead of the spec's own.
    """
    if tier is not None:
        spec = _at_tier(spec, tier)
    if size_px is not None and spec.camera.kind != "pano":
        spec = replace(spec, width_px=size_px[0], height_px=size_px[1])
    spec = parse_spec(spec.to_json())
    seen = [spec]
    if angles:
        width, height = size_px or (
            TIER_SIZE_PX[spec.tier] if spec.camera.kind == "pano" else (spec.width_px, spec.height_px)
        )
        seen += [
            replace(spec, camera=CameraSpec(kind), width_px=width, height_px=height)
            for kind in STANDARD_KINDS if kind != spec.camera.kind
        ]
        seen.sort(key=lambda s: STANDARD_KINDS.index(s.camera.kind) if s.camera.kind in STANDARD_KINDS else -1)
    frames = [Frame(BASE, "Base", each.camera.kind, each) for each in seen]
    if pano and spec.camera.kind != "pano":
        width, height = PANO_SIZE_PX[spec.tier]
        camera = CameraSpec("pano", position_m=spec.camera.position_m)
        frames.append(Frame(BASE, "Base", "pano", replace(spec, camera=camera, width_px=width, height_px=height)))
    varied = [each for each in seen if each.camera.kind != "pano"] or seen
    for variation in variations:
        scene = parse_scene({**spec.scene.canonical(), **variation.overrides})
        frames += [
            Frame(variation.id, variation.label, each.camera.kind, replace(each, scene=scene)) for each in varied
        ]
    return tuple(frames)


def _at_tier(spec: RenderSpec, tier: Tier) -> RenderSpec:
    """The same shape with as many pixels as the tier has; a size that was asked for in pixels stays."""
    sizes = PANO_SIZE_PX if spec.camera.kind == "pano" else TIER_SIZE_PX
    own, other = math.prod(sizes[spec.tier]), math.prod(sizes[tier])
    if abs(spec.width_px * spec.height_px / own - 1) < 0.03:
        share = math.sqrt(other / own) / 2
        spec = replace(spec, width_px=2 * round(spec.width_px * share), height_px=2 * round(spec.height_px * share))
    return replace(spec, tier=tier)
