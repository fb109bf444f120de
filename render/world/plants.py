"""Trees and boulders one can stand beside: real geometry around the stage, on the same cells as the far crowns.

A conifer is tiers of drooping rhombs, a broadleaf a cloud of leaf cards on lobes, a boulder a facetted ball. All of it
is fixed in the world, so that every camera meets the same branches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.visibility.quads import Quads
from render.world.noise import seed_of

F64 = npt.NDArray[np.float64]


class Stuff(IntEnum):
    """What a card is made of."""

    NEEDLES, LEAVES, BARK, STONE, GRASS = range(5)


@dataclass(frozen=True)
class Plants:
    """Cards of all plants around a stage.

    Args:
        quads: the geometry.
        stuff: (Q,) int64, a `Stuff`.
        plant: (Q,) int64, which plant a card belongs to.
        outward: (Q, 3) float32 smooth normal of the crown at the card.
        depth: (Q,) float32, 0 at the heart of the crown, 1 at its skin.
        tint: (Q,) float32 of about unit deviation, the plant's own colour.
    """

    quads: Quads
    stuff: Tensor
    plant: Tensor
    outward: Tensor
    depth: Tensor
    tint: Tensor

    @property
    def bytes(self) -> int:
        """Memory held."""
        return len(self.quads) * (9 * 8 + 40)


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
class _Model:
    """A plant of height and radius 1: cards as origin, two edges; outward normals, depth and stuff."""

    cards: F64  # (C, 3, 3)
    outward: F64  # (C, 3)
    depth: F64
    stuff: npt.NDArray[np.int64]


def build_plants(stands: list[tuple[str, Stand]]) -> Plants | None:
    """Geometry of all stands; None when nothing stands.

    Args:
        stands: model name ("conifer", "conifer far", "broadleaf", "broadleaf far", "boulder", "tuft") and where.
    """
    parts: list[tuple[F64, F64, F64, npt.NDArray[np.int64], npt.NDArray[np.int64], F64]] = []
    plant = 0
    for name, stand in stands:
        models = _models(name)
        for m, model in enumerate(models):
            pick = np.arange(m, len(stand.x), len(models))
            if len(pick) == 0:
                continue
            c, s = np.cos(stand.turn[pick]), np.sin(stand.turn[pick])
            scale = np.stack([stand.radius[pick], stand.radius[pick], stand.tall[pick]], 1)  # (K, 3)
            cards = model.cards[None] * scale[:, None, None]  # (K, C, 3, 3)
            turned = np.stack([
                cards[..., 0] * c[:, None, None] - cards[..., 1] * s[:, None, None],
                cards[..., 0] * s[:, None, None] + cards[..., 1] * c[:, None, None], cards[..., 2],
            ], -1)
            turned[:, :, 0] += np.stack([stand.x[pick], stand.y[pick], stand.z[pick]], 1)[:, None]
            out = np.stack([
                model.outward[None, :, 0] * c[:, None] - model.outward[None, :, 1] * s[:, None],
                model.outward[None, :, 0] * s[:, None] + model.outward[None, :, 1] * c[:, None],
                np.broadcast_to(model.outward[None, :, 2], (len(pick), len(model.depth))),
            ], -1)
            count = len(pick) * len(model.depth)
            ids = np.repeat(plant + np.arange(len(pick)), len(model.depth))
            plant += len(pick)
            parts.append((
                turned.reshape(count, 3, 3), out.reshape(count, 3), np.tile(model.depth, len(pick)),
                np.tile(model.stuff, len(pick)), ids, np.repeat(stand.tint[pick], len(model.depth)),
            ))
    if not parts:
        return None
    cards, out, depth, stuff, ids, tint = (np.concatenate([p[i] for p in parts]) for i in range(6))
    flags = torch.zeros(len(cards), dtype=torch.bool)
    quads = Quads(
        torch.from_numpy(np.ascontiguousarray(cards[:, 0])), torch.from_numpy(np.ascontiguousarray(cards[:, 1])),
        torch.from_numpy(np.ascontiguousarray(cards[:, 2])), torch.from_numpy(stuff == Stuff.STONE), ~flags,
    )
    return Plants(
        quads, torch.from_numpy(stuff.astype(np.int64)), torch.from_numpy(ids.astype(np.int64)),
        torch.from_numpy(out).float(), torch.from_numpy(depth).float(), torch.from_numpy(tint).float(),
    )


def _models(name: str) -> list[_Model]:
    if name not in _MODELS:
        make = {
            "conifer": lambda k: _conifer(k, 21, 6), "conifer far": lambda k: _conifer(k, 9, 5),
            "broadleaf": lambda k: _broadleaf(k, 640, 0.125), "broadleaf far": lambda k: _broadleaf(k, 130, 0.28),
            "boulder": _boulder, "tuft": _tuft,
        }[name]
        _MODELS[name] = [make(k) for k in range(3)]
    return _MODELS[name]


_MODELS: dict[str, list[_Model]] = {}


def _conifer(variant: int, tiers: int, branches: int) -> _Model:
    random = np.random.Generator(np.random.PCG64(seed_of("conifer", variant, tiers)))
    cards, outward, depth = [], [], []
    turn = 0.0
    for i in range(tiers):
        z = 0.10 + 0.84 * (i + 0.35 * random.random()) / tiers
        around = max(3, round(branches * (1.15 - 0.55 * z)))
        for _ in range(around):
            turn += 2.39996 + 0.5 * random.random()
            reach = ((1 - z) ** 0.85 * 0.96 + 0.05) * (0.72 + 0.40 * random.random())
            way = np.array([math.cos(turn), math.sin(turn), 0.0])
            side = np.array([-way[1], way[0], 0.0])
            droop = 0.055 + 0.05 * random.random()
            root, tip = np.array([0.0, 0.0, z]), way * reach + np.array([0.0, 0.0, z - droop * (0.4 + reach)])
            span = tip - root
            wide = side * (0.20 + 0.05 * random.random()) * reach * (15 / tiers) ** 0.3
            hang = np.array([0.0, 0.0, 0.066 * (0.45 + reach)]) * (15 / tiers) ** 0.95
            cards.append([root, span / 2 + wide, span / 2 - wide])
            cards.append([root + span * 0.08, span / 2 + hang * 0.45, span / 2 - hang])
            lean = np.array([way[0] * 0.85, way[1] * 0.85, 0.52])
            outward += [lean, lean]
            depth += [0.72, 0.62]
    for side_turn in (0.0, 1.5708):
        way = np.array([math.cos(side_turn), math.sin(side_turn), 0.0]) * 0.07
        cards.append([-way, 2 * way, np.array([0.0, 0.0, 0.62])])
        outward.append(np.array([way[1] * 10, -way[0] * 10, 0.2]))
        depth.append(0.35)
    stuff = np.full(len(cards), int(Stuff.NEEDLES))
    stuff[-2:] = int(Stuff.BARK)
    return _model(cards, outward, depth, stuff)


def _broadleaf(variant: int, leaves: int, size: float) -> _Model:
    random = np.random.Generator(np.random.PCG64(seed_of("broadleaf", variant, leaves)))
    turns = np.arange(6) * 1.047 + random.random(6)
    lobes = np.stack([0.56 * np.cos(turns), 0.56 * np.sin(turns), 0.42 + 0.26 * random.random(6)], 1)
    lobes = np.concatenate([[[0.0, 0.0, 0.74]], lobes])
    radii = np.concatenate([[0.52], 0.40 + 0.12 * random.random(6)])
    lobe = np.arange(leaves) % len(lobes)
    way = _units(random.normal(size=(leaves, 3)))
    shell = (0.62 + 0.42 * random.random(leaves)) * radii[lobe]
    centre = lobes[lobe] + way * shell[:, None] * np.array([1.0, 1.0, 0.52])
    facing = _units(way + 0.7 * random.normal(size=(leaves, 3)))
    across = _units(np.cross(facing, random.normal(size=(leaves, 3))))
    along = np.cross(facing, across)
    squeeze = np.array([1.0, 1.0, 0.38])  # models are stretched to their height, leaves must not be
    long = size * (0.8 + 0.5 * random.random((leaves, 1)))
    short = size * (0.45 + 0.3 * random.random((leaves, 1)))
    edge_u, edge_v = (across * long + along * short) * squeeze, (across * long - along * short) * squeeze
    cards = np.stack([centre - (edge_u + edge_v) / 2, edge_u, edge_v], 1)
    from_heart = centre - np.array([0.0, 0.0, 0.5])
    outward = _units(0.55 * way + 0.45 * from_heart / np.array([0.9, 0.9, 0.5]))
    depth = np.minimum(1.0, 0.35 + 0.65 * np.linalg.norm(from_heart / np.array([1.0, 1.0, 0.5]), axis=1))
    trunk, trunk_out = [], []
    for turn in (0.3, 1.87):
        side = np.array([math.cos(turn), math.sin(turn), 0.0]) * 0.06
        trunk.append([-side, 2 * side, np.array([0.0, 0.0, 0.5])])
        trunk_out.append(np.array([side[1] * 12, -side[0] * 12, 0.2]))
    stuff = np.full(leaves + 2, int(Stuff.LEAVES))
    stuff[-2:] = int(Stuff.BARK)
    return _Model(
        np.concatenate([cards, trunk]), np.concatenate([outward, trunk_out]), np.concatenate([depth, [0.3, 0.3]]), stuff
    )


def _units(vectors: F64) -> F64:
    scaled: F64 = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def _boulder(variant: int) -> _Model:
    random = np.random.Generator(np.random.PCG64(seed_of("boulder", variant)))
    waves = random.normal(size=(5, 3)) * 1.7
    phases = random.random(5) * 6.28

    def point(u: float, v: float) -> F64:
        flat = math.cos(v)
        p = np.array([flat * math.cos(u), flat * math.sin(u), math.sin(v)])
        bulge = 0.86 + 0.085 * float(np.sin(waves @ p + phases).sum())
        shaped: F64 = p * bulge * np.array([1.0, 0.82, 0.62]) + np.array([0.0, 0.0, 0.18])
        return shaped

    cards, outward, depth = [], [], []
    around, rows = 10, 5
    for i in range(around):
        for j in range(rows):
            v0, v1 = -0.5 + 2.07 * j / rows, -0.5 + 2.07 * (j + 1) / rows
            u0, u1 = 2 * math.pi * i / around, 2 * math.pi * (i + 1) / around
            a, b, c, d = point(u0, v0), point(u1, v0), point(u1, v1), point(u0, v1)
            for p, q, r in ((a, b, d), (c, d, b)):
                cards.append([p, q - p, r - p])
                centre = (p + q + r) / 3 - np.array([0.0, 0.0, 0.1])
                face = np.cross(q - p, r - p)
                face /= max(float(np.linalg.norm(face)), 1e-9)
                smooth = 0.55 * centre / np.linalg.norm(centre) + 0.45 * face
                outward.append(smooth / np.linalg.norm(smooth))
                depth.append(0.45 + 0.55 * (j + 0.5) / rows)
    return _model(cards, outward, depth, np.full(len(cards), int(Stuff.STONE)))


def _tuft(variant: int) -> _Model:
    random = np.random.Generator(np.random.PCG64(seed_of("tuft", variant)))
    cards, outward, depth = [], [], []
    for _ in range(11):
        turn, lean = random.random() * 6.283, 0.25 + 0.75 * random.random()
        way = np.array([math.cos(turn), math.sin(turn), 0.0])
        side = np.array([-way[1], way[0], 0.0]) * 0.055
        root = way * 0.18 * random.random()
        tip = np.array([way[0] * lean, way[1] * lean, 0.55 + 0.45 * random.random()])
        cards.append([root, tip / 2 + side, tip / 2 - side])
        outward.append(np.array([way[0] * 0.3, way[1] * 0.3, 0.95]))
        depth.append(0.55 + 0.45 * random.random())
    return _model(cards, outward, depth, np.full(len(cards), int(Stuff.GRASS)))


def _model(cards: list[list[F64]], outward: list[F64], depth: list[float], stuff: npt.NDArray[np.int64]) -> _Model:
    return _Model(np.array(cards), np.array(outward), np.array(depth), stuff)
