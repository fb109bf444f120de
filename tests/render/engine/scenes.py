"""Small scenes and specs that the engine's tests share; worlds are built once per session."""

from __future__ import annotations

from functools import lru_cache

from render.engines.base import Picture
from render.engines.procedural import ProceduralEngine
from render.scene import Scene, parse_scene
from render.spec import CameraKind, CameraSpec, RenderSpec, Tier
from render.world.build import build_world
from render.world.terrain import TerrainWorld

TERRAINS = ("alpine", "coast", "desert", "forest")


def quiet(share: float, phase: str) -> None:
    """A progress nobody listens to."""


@lru_cache(maxsize=1)
def engine() -> ProceduralEngine:
    """One engine for the whole session."""
    return ProceduralEngine(cache_bytes=600_000_000)


def spec(
    kind: CameraKind = "wide_establishing", size: tuple[int, int] = (96, 54), tier: Tier = "preview",
    camera: CameraSpec | None = None, **parameters: object,
) -> RenderSpec:
    """A small spec."""
    return RenderSpec(parse_scene(parameters), camera or CameraSpec(kind), size[0], size[1], tier)


def picture(kind: CameraKind = "wide_establishing", size: tuple[int, int] = (96, 54), **parameters: object) -> Picture:
    """A small preview."""
    return engine().render(spec(kind, size, **parameters), quiet)


@lru_cache(maxsize=4)
def terrain(archetype: str) -> TerrainWorld:
    """The coarse world of an archetype."""
    world = build_world(Scene(archetype=archetype), quiet, fine=False)  # type: ignore[arg-type]  # a str from TERRAINS
    assert isinstance(world, TerrainWorld)
    return world
