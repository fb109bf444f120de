"""What land recipes begin with: patterns and luck of their own, and what a scene asks of any country."""

from __future__ import annotations

import math

from torch import Tensor

from render.scene import Scene
from render.world.noise import generator, tile, uniform


class Recipe:
    """Base of the lands; `land.Land` says what the attributes mean.

    Args:
        name: of the land, which makes its patterns and its luck unlike those of others.
        scene: its seed and shares.
        broad: name of the pattern that its large shapes are made of.
    """

    erodes = True
    strata_m = 90.0
    foam = 0.0

    def __init__(self, name: str, scene: Scene, broad: str = "broad") -> None:
        self._name, self._seed = name, scene.seed
        self._vegetation = scene.vegetation
        self._broad, self._fine = self._pattern(broad), self._pattern("fine")

    def _pattern(self, what: str) -> Tensor:
        """A tile (513, 513) that only this land and seed have."""
        return tile(f"{self._name}/{self._seed}/{what}")

    def _luck(self, *shape: int) -> Tensor:
        """The land's own draws from 0–1; every call gives the same ones."""
        return uniform(*shape, of=generator(self._name, self._seed))


class Woodland(Recipe):
    """Base of the woods: hills by relief, and water at level 0 that winds through them at one hand of the cameras.

    Args:
        name, scene: as for a recipe.
        hand: which of the land's draws says on which hand the water lies; the first one bends its ways.
    """

    def __init__(self, name: str, scene: Scene, hand: int) -> None:
        super().__init__(name, scene)
        luck = self._luck(hand + 1).tolist()
        self._bend = luck[0] * 2 * math.pi
        self._hand = 1.0 if luck[hand] > 0.5 else -1.0
        self._lift = 0.35 + 1.3 * scene.relief
        self._water = scene.water
        self.water_m: float | None = 0.0 if scene.water > 0.02 else None
