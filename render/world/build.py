"""Scene → World: finds the recipe of the archetype, and imports it only when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from render.archetypes import KINDS
from render.engines.base import Progress
from render.scene import Scene
from render.world.base import World
from render.world.land_maps import COARSE, FULL
from render.world.terrain import TerrainWorld


def build_world(scene: Scene, progress: Progress, *, fine: bool = True) -> World:
    """Build a place.

    Args:
        scene: only its geometry parameters matter; whoever caches worlds keys them by `scene.key("geometry")`.
        progress: told the phases; may raise to stop.
        fine: settled quality; otherwise the quick version that previews and the camera finder use.

    Raises:
        CanceledError: from progress.
    """
    kind = KINDS[scene.archetype]
    recipe = _recipe(kind.source)
    if kind.make == "land":
        return TerrainWorld.build(scene, recipe(scene), FULL if fine else COARSE, progress)
    if kind.make == "place":
        from render.world.built import BuiltWorld

        return BuiltWorld.build(scene, recipe, progress, fine=fine)
    world: World = recipe(scene, progress, fine=fine)
    return world


def has_quick_version(scene: Scene) -> bool:
    """Whether the quick version of this world differs from the fine one, as it does for every kind so far."""
    return scene.archetype in KINDS


def _recipe(source: str) -> Any:
    module, _, name = source.partition(":")
    return getattr(import_module(module), name)
