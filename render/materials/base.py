"""What a material is told about the points it covers, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from render.light.base import Sky


@dataclass(frozen=True)
class Mood:
    """What hour, weather and season do to every material of a scene.

    Args:
        wet, snow, wear: 0–1 amounts.
        leaf: 0–1 share of leaves on the trees; autumn: 0–1 how far they have turned; blossom: 0–1 fresh green.
        lamps: 0–1 how far lamps and windows are lit.
        display: radiance that exposes to 1 before the film curve; man-made light is given in this unit.
        daylight: (3,) radiance of a white sheet lying in the open, the unit of dim day interiors.
        street: (3,) radiance that stands for the houses opposite in a reflection.
        sun: (3,) unit direction to the sun.
        sky: the sky's radiance.
        indoors: whether the eye is in a room.
    """

    wet: float
    snow: float
    wear: float
    leaf: float
    autumn: float
    fresh: float
    lamps: float
    display: float
    daylight: Tensor
    street: Tensor
    sun: Tensor
    sky: Sky
    indoors: bool = False


class Patch:
    """M points of surface. A part picked out of a patch copies a field only when a material asks for it.

    Attributes:
        position: (M, 3) metres, world frame. normal: (M, 3) unit, facing the eye, rounded where the mesh is.
        direction: (M, 3) unit ray from the eye. tangent, bitangent: (M, 3) unit, along u and v.
        uv: (M, 2) metres along the primitive's edges. size: (M, 2) its side lengths in metres.
        distance: (M,) metres from the eye. footprint: (M,) metres that one sample covers.
        tint: (M, 3). params: (M, 8). street: (M, 2) metres across and along the street or room.
        open: (M,) 0–1 how freely the point sees the sky.
    """

    position: Tensor
    normal: Tensor
    direction: Tensor
    tangent: Tensor
    bitangent: Tensor
    uv: Tensor
    size: Tensor
    distance: Tensor
    footprint: Tensor
    tint: Tensor
    params: Tensor
    street: Tensor
    open: Tensor

    def __init__(self, count: int, whole: Patch | None = None, index: Tensor | None = None, **fields_: Tensor) -> None:
        self._count, self._whole, self._index = count, whole, index
        for name, value in fields_.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Tensor:
        if name.startswith("_") or self._whole is None or self._index is None:
            raise AttributeError(name)
        value: Tensor = getattr(self._whole, name).index_select(0, self._index)
        setattr(self, name, value)
        return value

    def __len__(self) -> int:
        return self._count

    def pick(self, index: Tensor) -> Patch:
        """The points of an index (K,) int64."""
        return Patch(index.numel(), self, index)

    def reach(self) -> tuple[Tensor, Tensor]:
        """Metres (M,) that one sample covers along u and along v: seen at a slant, a wall is drawn together one way."""
        facing = -(self.direction * self.normal).sum(1)
        across = self.footprint * facing.clamp_min(0.08).sqrt()
        facing = facing.clamp_min(0.08)
        slants = ((self.direction * way).sum(1) / facing for way in (self.tangent, self.bitangent))
        along_u, along_v = (across * (1 + slant * slant).sqrt() for slant in slants)
        return along_u, along_v


@dataclass
class Surface:
    """How M points answer light.

    Args:
        albedo: (M, 3). normal: (M, 3) unit, with bumps. emission: (M, 3) scene-linear radiance of its own.
        gloss: (M,) 0–1, strength and tightness of the mirror part. sun: (M,) multiplies sunlight (self-shadow).
        ambient: (M,) multiplies sky and lamp light. through: (M,) share of sun that shines through from behind.
        glass: (M,) 0–1 share of `emission` and colour that stands behind or opposite: it changes with where one stands.
    """

    albedo: Tensor
    normal: Tensor
    emission: Tensor
    gloss: Tensor
    sun: Tensor
    ambient: Tensor
    through: Tensor
    glass: Tensor

    @staticmethod
    def plain(patch: Patch) -> Surface:
        """The patch's tint, unlit by itself, without gloss."""
        m = len(patch)
        return Surface(
            patch.tint.clone(), patch.normal.clone(), torch.zeros(m, 3), torch.zeros(m), torch.ones(m), torch.ones(m),
            torch.zeros(m), torch.zeros(m),
        )

    def put(self, index: Tensor, other: Surface) -> None:
        """Overwrite the points of an index."""
        for f in fields(self):
            getattr(self, f.name).index_copy_(0, index, getattr(other, f.name))

    def blend(self, index: Tensor, other: Surface, share: Tensor) -> None:
        """Overwrite the points of an index by a share (K,): what a sample holds of both."""
        partly = (share < 1).nonzero().squeeze(1)
        at, part = index[partly], share[partly]
        for f in fields(self):
            own, new = getattr(self, f.name), getattr(other, f.name)
            old = own.index_select(0, at)
            own.index_copy_(0, index, new)
            own[at] = old + (new[partly] - old) * (part if old.dim() == 1 else part[:, None])


def mix(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """a where share is 0, b where it is 1; share (M,) against colours (M, 3) or a colour (3,)."""
    return a + (b - a) * share[:, None]


def smooth(low: float, high: float, x: Tensor) -> Tensor:
    """Smooth step from 0 at low to 1 at high."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def color(*rgb: float) -> Tensor:
    return torch.tensor(rgb, dtype=torch.float32)

def stripe(at: Tensor, width: float | Tensor, footprint: Tensor) -> Tensor:
    """(M,) share of a sample that a stripe takes which fills the first `width` of every period, box-filtered.

    Args:
        at: (M,) place in periods. width: 0–1 of a period. footprint: (M,) what a sample covers, in periods.
    """
    half = 0.5 * footprint.clamp_min(1e-3)

    def total(x: Tensor) -> Tensor:
        whole = x.floor()
        return whole * width + (x - whole).clamp(max=width)

    return (total(at + half) - total(at - half)) / (2 * half)


def within(at: Tensor, low: Tensor | float, high: Tensor | float, wide: Tensor) -> Tensor:
    """(M,) share of a sample, `wide` metres around `at`, that lies between low and high."""
    return (((at + 0.5 * wide).clamp(max=high) - (at - 0.5 * wide).clamp(min=low)) / wide).clamp(0, 1)


def told(share: Tensor) -> Tensor:
    """(M,) shares of which a tenth is nothing and nine tenths are all: few samples then need both answers."""
    return ((share - 0.1) * 1.25).clamp(0, 1)


def either(one: Tensor, other: Tensor) -> Tensor:
    """Share that one pattern or another takes, (M,), where both are shares of a sample."""
    return 1 - (1 - one) * (1 - other)
