"""A furnished living room."""

from __future__ import annotations

from render.scene import Scene
from render.world.place import Place


def interior(scene: Scene) -> Place:
    """Not built yet."""
    raise NotImplementedError
