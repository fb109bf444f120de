"""What a landscape recipe answers, so that one terrain world can build, trace and shade every kind of land."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from render.scene import Scene
from render.world.base import Stage
from render.world.plants import Stand


@dataclass(frozen=True)
class Hit:
    """M shaded points of the ground, every field (M,) float32.

    Args:
        x, y, z: world metres.
        steep: |gradient| of the surface, 1 is 45°; east, north: that gradient.
        flat: the normal's z.
        canopy: 0–1, tree crown rather than ground.
        hollow: 0–1 ambient openness (1 is open).
        distance: metres from the eye.
        above_water: height over the water level in metres; large where there is none.
        n9, n60, n420: noise of unit deviation at those wavelengths in metres.
    """

    x: Tensor
    y: Tensor
    z: Tensor
    steep: Tensor
    east: Tensor
    north: Tensor
    flat: Tensor
    canopy: Tensor
    hollow: Tensor
    distance: Tensor
    above_water: Tensor
    n9: Tensor
    n60: Tensor
    n420: Tensor


@dataclass(frozen=True)
class Paint:
    """What the ground is made of at M points.

    Args:
        albedo: (3, M) linear.
        bump: (M,) strength of the small-scale relief, 0–1.
        grain: (M,) strength of small-scale light and dark, 0–1.
        strata: (M,) how much of steep rock's bands and cracks shows.
        snow: (M,) 0–1 lying snow by height and season on level ground; falling snow and steepness come later.
        ripple: (M,) and (M,) gradient that the recipe adds to the surface: ripples, furrows, footprints, ledges.
    """

    albedo: Tensor
    bump: Tensor
    grain: Tensor
    strata: Tensor
    snow: Tensor
    ripple: tuple[Tensor, Tensor] | None = None


@dataclass(frozen=True)
class TreeKind:
    """The trees of a land: jittered grid of `cell_m`, heights in metres; conifers are cones, others domes.

    `cones` and `domes` are the models near ones are built of (`world/models.py`), mixed by chance.
    """

    cell_m: float
    low_m: float
    high_m: float
    conifer: float
    radius_m: float
    cones: tuple[str, ...] = ("conifer",)
    domes: tuple[str, ...] = ("broadleaf",)


@runtime_checkable
class Grows(Protocol):
    """A land that sets up more than trees, stones and tufts around its stage."""

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Model names and places; `ground` is the height at world points."""
        ...


@runtime_checkable
class Shady(Protocol):
    """A land mostly in shade: how much longer a camera team would expose there, whatever the view."""

    gain: float


class Land(Protocol):
    """A recipe: pure functions of world metres and the scene's seed and shares.

    `stone` is the dark and light colour of loose rocks, `boulders` and `tufts` the share
    of cells near the stage that hold a rock, or a tuft of grass.
    """

    stage_hint: Stage
    water_m: float | None
    erodes: bool
    trees: TreeKind | None
    strata_m: float
    stone: tuple[tuple[float, float, float], tuple[float, float, float]]
    boulders: float
    tufts: float
    wave_height: float
    foam: float

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        """Bare ground height, without features narrower than two texels."""
        ...

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        """Last changes after erosion: lakes, paths."""
        ...

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        """0–1 probability that a tree stands."""
        ...

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        """Colours by season and height; snow, wetness and light come later."""
        ...
