"""Scene → World: picks the recipe for the archetype. Built places are imported only when asked for."""

from __future__ import annotations

from render.engines.base import Progress
from render.scene import Scene
from render.world.alpine import Alpine
from render.world.base import World
from render.world.coast import Coast
from render.world.desert import Desert
from render.world.forest import Forest
from render.world.land import Land
from render.world.terrain import COARSE, FULL, TerrainWorld


def build_world(scene: Scene, progress: Progress, *, fine: bool = True) -> World:
    """Build a place.

    Args:
        scene: only its geometry parameters matter; whoever caches worlds keys them by `scene.key("geometry")`.
        progress: told the phases; may raise to stop.
        fine: settled quality; otherwise the quick version that previews and the camera finder use.

    Raises:
        CanceledError: from progress.
    """
    if scene.archetype in ("city", "interior"):
        from render.world.built import BuiltWorld

        world: World = BuiltWorld.build(scene, progress)
        return world
    return TerrainWorld.build(scene, _land(scene), FULL if fine else COARSE, progress)


def _land(scene: Scene) -> Land:
    match scene.archetype:
        case "coast":
            return Coast(scene)
        case "desert":
            return Desert(scene)
        case "forest":
            return Forest(scene)
        case _:
            return Alpine(scene)
