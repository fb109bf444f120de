"""Plants one can stand beside: real geometry around the stage, on the same cells as the far crowns.

Models of a plant of height and radius 1 come from `broadleaf`, `conifers` and `undergrowth`; here they are set up at
their places. All of it is fixed in the world, so that every camera meets the same branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.view import View
from render.visibility.cutouts import Cutout
from render.visibility.quads import Quads
from render.visibility.rays import Spheres

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
EVERGREEN = -1.0
"""Rank of cards that no season takes."""


class Stuff(IntEnum):
    """What a card is made of."""

    (
        NEEDLES, LEAVES, BARK, STONE, GRASS, PINE, RED_BARK, BIRCH_BARK, DEAD_WOOD, STRAW, FERN, SAGE, PALM, REED,
        TWIGS, BIRCH, HEDGE, CORN, TIMBER, TILES,
    ) = range(20)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """A plant of height and radius 1.

    Args:
        cards: (C, 3, 3) origin and two edges.
        outward: (C, 3) smooth normals of the crown.
        depth: (C,) 0 at the heart of the crown, 1 at its skin.
        stuff, cutout: (C,) of `Stuff` and `Cutout`.
        triangle: (C,) whether only half of the parallelogram is there.
        rank: (C,) 0–1, shown while the season's leaf share is above it; `EVERGREEN` always.
    """

    cards: F64
    outward: F64
    depth: F64
    stuff: I64
    cutout: I64
    triangle: npt.NDArray[np.bool_]
    rank: F64


@dataclass(frozen=True)
class Stand:
    """Where plants stand: (K,) arrays of base x, y, z, height, radius (metres), turn (radians) and tint."""

    x: F64
    y: F64
    z: F64
    tall: F64
    radius: F64
    turn: F64
    tint: F64


@dataclass(frozen=True)
class Plants:
    """Cards of all plants around a stage, plant by plant.

    Args:
        quads: the geometry.
        stuff: (Q,) int64, a `Stuff`.
        plant: (Q,) int64, which plant a card belongs to.
        outward: (Q, 3) float32 smooth normal of the crown at the card.
        depth: (Q,) float32, 0 at the heart of the crown, 1 at its skin.
        tint: (Q,) float32 of about unit deviation, the plant's own colour.
        rank: (Q,) float32, see `Model`.
        first: (P,) int64 first card of each plant; ball: (P, 4) float64 bounding spheres.
    """

    quads: Quads
    stuff: Tensor
    plant: Tensor
    outward: Tensor
    depth: Tensor
    tint: Tensor
    rank: Tensor
    first: Tensor
    ball: Tensor

    @property
    def bytes(self) -> int:
        """Memory held."""
        return len(self.quads) * (9 * 8 + 60)

    def seen(self, view: View, leaf_share: float) -> Tensor:
        """Indices of the cards that a view may see in a season, near plants first; plants outside it are left out."""
        away = (self.ball[:, :3] - torch.as_tensor(view.eye_m)).norm(dim=1)
        if view.projection == "pinhole":
            plants = Spheres(self.ball[:, :3], self.ball[:, 3]).in_view(view).nonzero().squeeze(1)
        else:
            plants = torch.arange(len(away))
        plants = plants[torch.argsort(away[plants].float(), stable=True)]
        count = torch.diff(self.first, append=torch.tensor([len(self.quads)]))[plants]
        shift = self.first[plants] - (count.cumsum(0) - count)
        cards = torch.repeat_interleave(shift, count).add_(torch.arange(int(count.sum())))
        return cards[self.rank.index_select(0, cards) < leaf_share]


def build_plants(stands: Sequence[tuple[str, Stand]]) -> Plants | None:
    """Geometry of all stands; None when nothing stands.

    Args:
        stands: model name (see `models.MODELS`; "… mid" and "… far" are simpler versions) and where.
    """
    from render.world.models import models

    parts: list[tuple[npt.NDArray[np.generic], ...]] = []
    plants: list[tuple[F64, I64]] = []
    for name, stand in stands:
        made = models(name)
        for m, model in enumerate(made):
            pick = np.arange(m, len(stand.x), len(made))
            if len(pick):
                parts.append(_placed(model, stand, pick))
                radius = np.hypot(np.abs(stand.radius[pick]) * 1.5, stand.tall[pick] * 0.6)
                ball = np.stack([stand.x[pick], stand.y[pick], stand.z[pick] + stand.tall[pick] / 2, radius], 1)
                plants.append((ball, np.full(len(pick), len(model.depth))))
    if not parts:
        return None
    cards, out, depth, stuff, tint, cutout, triangle, rank = (
        torch.as_tensor(np.concatenate([p[i] for p in parts])) for i in range(8)
    )
    balls = torch.as_tensor(np.concatenate([b for b, _ in plants]))
    count = torch.as_tensor(np.concatenate([c for _, c in plants]))
    quads = Quads(
        cards[:, 0].contiguous(), cards[:, 1].contiguous(), cards[:, 2].contiguous(), triangle,
        torch.ones(len(cards), dtype=torch.bool), cutout,
    )
    return Plants(
        quads, stuff, torch.repeat_interleave(torch.arange(len(count)), count), out.float(), depth.float(),
        tint.float(), rank.float(), count.cumsum(0) - count, balls,
    )


def _placed(model: Model, stand: Stand, pick: I64) -> tuple[npt.NDArray[np.generic], ...]:
    """One model at the places `pick` of a stand: cards, outward, depth, stuff, tint, cutout, triangle, rank."""
    c, s = np.cos(stand.turn[pick])[:, None], np.sin(stand.turn[pick])[:, None]
    scale = np.stack([stand.radius[pick], stand.radius[pick], stand.tall[pick]], 1)
    cards = model.cards[None] * scale[:, None, None]
    turned = np.stack([
        cards[..., 0] * c[..., None] - cards[..., 1] * s[..., None],
        cards[..., 0] * s[..., None] + cards[..., 1] * c[..., None], cards[..., 2],
    ], -1)
    turned[:, :, 0] += np.stack([stand.x[pick], stand.y[pick], stand.z[pick]], 1)[:, None]
    out = np.stack([
        model.outward[None, :, 0] * c - model.outward[None, :, 1] * s,
        model.outward[None, :, 0] * s + model.outward[None, :, 1] * c,
        np.broadcast_to(model.outward[None, :, 2], (len(pick), len(model.depth))),
    ], -1)
    count = len(pick)
    return (
        turned.reshape(-1, 3, 3), out.reshape(-1, 3), np.tile(model.depth, count), np.tile(model.stuff, count),
        np.repeat(stand.tint[pick], len(model.depth)), np.tile(model.cutout, count), np.tile(model.triangle, count),
        np.tile(model.rank, count),
    )


class Builder:
    """Collects the cards of one model."""

    def __init__(self) -> None:
        self._parts: list[tuple[F64, F64, F64, int, I64, bool, F64]] = []

    def cards(
        self, origin: F64, edge_u: F64, edge_v: F64, outward: F64, depth: F64, stuff: Stuff,
        cutout: Cutout | I64 = Cutout.SOLID, rank: F64 | None = None, triangle: bool = False,
    ) -> None:
        """Add (K, 3) cards; rank None is evergreen."""
        count = len(origin)
        which = np.full(count, int(cutout)) if isinstance(cutout, Cutout) else cutout
        length = np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        self._parts.append((
            np.stack([origin, edge_u, edge_v], 1), outward / length,
            np.broadcast_to(depth, (count,)).astype(np.float64),
            int(stuff), which, triangle, np.full(count, EVERGREEN) if rank is None else rank,
        ))

    def centred(
        self, centre: F64, along: F64, across: F64, outward: F64, depth: F64, stuff: Stuff, cutout: Cutout | I64,
        rank: F64 | None = None,
    ) -> None:
        """Add (K, 3) cards by their middle and two full edges."""
        self.cards(centre - (along + across) / 2, along, across, outward, depth, stuff, cutout, rank)

    def tube(self, path: F64, radii: F64, sides: int, stuff: Stuff, depth: float = 0.45) -> None:
        """A round stem along (N, 3) points."""
        way = np.gradient(path, axis=0)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        aside = np.cross(way, np.where(np.abs(way[:, 2:]) > 0.8, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]))
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        over = np.cross(way, aside)
        turn = np.arange(sides + 1) * (2 * np.pi / sides)
        normal = aside[:, None] * np.cos(turn)[:, None] + over[:, None] * np.sin(turn)[:, None]
        rings = path[:, None] + normal * radii[:, None, None]
        a, b, c, d = (r.reshape(-1, 3) for r in (rings[:-1, :-1], rings[:-1, 1:], rings[1:, :-1], rings[1:, 1:]))
        out = ((normal[:-1, :-1] + normal[:-1, 1:]) / 2).reshape(-1, 3)
        self.cards(a, b - a, c - a, out, np.array(depth), stuff, triangle=True)
        self.cards(d, c - d, b - d, out, np.array(depth), stuff, triangle=True)

    def scaled(self, radius_m: float, tall_m: float) -> Model:
        """The model of what was built in metres with these dimensions."""
        scale = 1 / np.array([radius_m, radius_m, tall_m])

        def one(i: int) -> F64:
            return np.concatenate([np.asarray(p[i], dtype=np.float64) for p in self._parts])

        counts = [len(p[0]) for p in self._parts]
        return Model(
            one(0) * scale, one(1), one(2), np.repeat(np.array([p[3] for p in self._parts]), counts),
            one(4).astype(np.int64), np.repeat(np.array([p[5] for p in self._parts]), counts), one(6),
        )


def units(vectors: F64) -> F64:
    """Vectors along the last axis, of length 1."""
    scaled: F64 = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled
