"""Things that stand in a landscape and are looked at: built of cards like the plants, shaded by a table of stuffs.

A recipe answers `props` with a list of `Cards`; the terrain world traces them beside ground and plants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.visibility.quads import Quads

F64 = npt.NDArray[np.float64]
GroundAt = Callable[[float, float], float]
"""Height in metres of the ground at world x, y."""

class Thing(IntEnum):
    """What a card of a thing is made of."""

    (PLANK, LOG, SHINGLE, PLASTER, MASONRY, PAINT, HULL, PANE,
     DARK, THATCH, FROND, PALM_BARK, REED, HUSK, LANTERN, SANDSTONE, BONE) = range(17)  # fmt: skip


@dataclass(frozen=True)
class Cards:
    """C cards of one thing or of several.

    Args:
        corners: (C, 3, 3) origin and two edges, metres.
        outward: (C, 3) unit normals for light.
        depth: (C,) 0 in the shade of the thing itself, 1 in the open.
        stuff: (C,) int64.
        triangle: (C,) bool.
        owner: (C,) int64, which of the things a card belongs to, from 0.
        tint: (C,) about unit deviation.
    """

    corners: F64
    outward: F64
    depth: F64
    stuff: npt.NDArray[np.int64]
    triangle: npt.NDArray[np.bool_]
    owner: npt.NDArray[np.int64]
    tint: F64


@runtime_checkable
class HasProps(Protocol):
    """A land with things in it."""

    def props(self, ground: GroundAt) -> list[Cards]:
        """Where they stand, given the ground; pure in the scene's geometry."""
        ...


class Builder:
    """Collects the cards of one thing in its own frame (x right, y forward, z up), then turns it into the world.

    Args:
        seed: of its small differences in colour from board to board.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._corners: list[F64] = []
        self._out: list[F64] = []
        self._depth: list[F64] = []
        self._stuff: list[npt.NDArray[np.int64]] = []
        self._triangle: list[npt.NDArray[np.bool_]] = []
        self._tint: list[F64] = []

    def cards(
        self, corners: F64, thing: Thing, depth: float | F64 = 1.0, *, triangle: bool = False, out: F64 | None = None
    ) -> None:
        """Add (C, 3, 3) cards; their normals are the planes' where `out` (C, 3) is not given."""
        corners = np.asarray(corners, np.float64).reshape(-1, 3, 3)
        count = len(corners)
        if out is None:
            out = np.cross(corners[:, 1], corners[:, 2])
        out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
        self._corners.append(corners)
        self._out.append(out)
        self._depth.append(np.broadcast_to(np.asarray(depth, np.float64), (count,)))
        self._stuff.append(np.full(count, int(thing), np.int64))
        self._triangle.append(np.full(count, triangle))
        self._tint.append(self._random.normal(size=count))

    def boxes(self, low: F64, size: F64, thing: Thing, depth: float = 1.0) -> None:
        """Add upright boxes: (K, 3) lowest corners and sizes; every box has one tint."""
        low, size = np.asarray(low, np.float64).reshape(-1, 3), np.asarray(size, np.float64).reshape(-1, 3)
        sx, sy, sz = (np.zeros_like(size) for _ in range(3))
        sx[:, 0], sy[:, 1], sz[:, 2] = size[:, 0], size[:, 1], size[:, 2]
        faces = np.stack([
            np.stack([low, sx, sz], 1), np.stack([low + sx, sy, sz], 1), np.stack([low + sx + sy, -sx, sz], 1),
            np.stack([low + sy, -sy, sz], 1), np.stack([low + sz, sx, sy], 1), np.stack([low, sy, sx], 1),
        ], 1)  # (K, 6, 3, 3)
        self.cards(faces.reshape(-1, 3, 3), thing, depth)
        self._tint[-1] = np.repeat(self._random.normal(size=len(low)), 6)

    def gable(
        self, low: Sequence[float], size: Sequence[float], rise: float, eaves: float, roof: Thing, ends: Thing
    ) -> None:
        """Add a gable roof over a box whose top is at `low`, the ridge along y."""
        x, y, z = low
        w, d = size
        run, slope = w / 2 + eaves, rise / (w / 2)
        drop, length = eaves * slope, d + 2 * eaves
        up = rise + drop
        left = [[x - eaves, y - eaves, z - drop], [0, length, 0], [run, 0, up]]
        right = [[x + w + eaves, y + d + eaves, z - drop], [0, -length, 0], [-run, 0, up]]
        self.cards(np.array([left, right]), roof, out=np.array([[-up, 0, run], [up, 0, run]]))
        for at, sign in ((y, -1.0), (y + d, 1.0)):
            halves = np.array([[[x + w / 2, at, z], [half, 0, 0], [0, 0, rise]] for half in (w / 2, -w / 2)])
            self.cards(halves, ends, triangle=True, out=np.array([[0, sign, 0], [0, sign, 0]]))

    def done(self, x: float, y: float, z: float, turn: float = 0.0, lean: float = 0.0, owner: int = 0) -> Cards:
        """The thing in the world: base at x, y, z, turned counterclockwise by `turn`, rolled by `lean`, radians."""
        corners, out = np.concatenate(self._corners), np.concatenate(self._out)
        c, s = math.cos(turn), math.sin(turn)
        cl, sl = math.cos(lean), math.sin(lean)
        around = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        matrix = around @ np.array([[cl, 0.0, sl], [0.0, 1.0, 0.0], [-sl, 0.0, cl]])
        corners = corners @ matrix.T
        corners[:, 0] += np.array([x, y, z])
        stuff = np.concatenate(self._stuff)
        return Cards(
            corners, out @ matrix.T, np.concatenate(self._depth), stuff, np.concatenate(self._triangle),
            np.full(len(stuff), owner, np.int64), np.concatenate(self._tint),
        )


def scattered(model: Cards, x: F64, y: F64, z: F64, size: F64, tall: F64, turn: F64, tint: F64) -> Cards:
    """One model of unit size many times over: (K,) places, sizes, heights, turns and tints."""
    count, per = len(x), len(model.stuff)
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    scale = np.stack([size, size, tall], 1)[:, None, None]
    cards = model.corners[None] * scale
    turned = np.stack([
        cards[..., 0] * c[..., None] - cards[..., 1] * s[..., None],
        cards[..., 0] * s[..., None] + cards[..., 1] * c[..., None], cards[..., 2],
    ], -1)
    turned[:, :, 0] += np.stack([x, y, z], 1)[:, None]
    out = model.outward[None]
    up = np.broadcast_to(out[..., 2], (count, per))
    out = np.stack([out[..., 0] * c - out[..., 1] * s, out[..., 0] * s + out[..., 1] * c, up], -1)
    return Cards(
        turned.reshape(-1, 3, 3), out.reshape(-1, 3), np.tile(model.depth, count), np.tile(model.stuff, count),
        np.tile(model.triangle, count), np.repeat(np.arange(count), per),
        np.repeat(tint, per) + 0.25 * np.tile(model.tint, count),
    )


@dataclass(frozen=True)
class Things:
    """Cards of all things in a landscape, as the rasteriser and the shading want them.

    Args:
        quads: the geometry.
        stuff, owner: (Q,) int64.
        outward: (Q, 3), depth and tint: (Q,), all float32.
    """

    quads: Quads
    stuff: Tensor
    owner: Tensor
    outward: Tensor
    depth: Tensor
    tint: Tensor

    @property
    def bytes(self) -> int:
        """Memory held."""
        return len(self.quads) * (9 * 8 + 40)


def together(parts: list[Cards]) -> Things | None:
    """All cards as one; None where there are none."""
    if not parts:
        return None
    owners, first = [], 0
    for part in parts:
        owners.append(part.owner + first)
        first += int(part.owner.max()) + 1
    corners = np.concatenate([p.corners for p in parts])
    origin, edge_u, edge_v = (torch.as_tensor(np.ascontiguousarray(corners[:, i])) for i in range(3))
    triangle = torch.as_tensor(np.concatenate([p.triangle for p in parts]))
    quads = Quads(origin, edge_u, edge_v, triangle, torch.ones_like(triangle))
    return Things(
        quads, torch.as_tensor(np.concatenate([p.stuff for p in parts])), torch.as_tensor(np.concatenate(owners)),
        torch.as_tensor(np.concatenate([p.outward for p in parts])).float(),
        torch.as_tensor(np.concatenate([p.depth for p in parts])).float(),
        torch.as_tensor(np.concatenate([p.tint for p in parts])).float(),
    )
