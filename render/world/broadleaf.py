"""Broad-leaved trees and shrubs: a stem that forks, limbs to lobes of the crown, sprays of leaves ranked by season."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from render.visibility.cutouts import Cutout
from render.world.noise import seed_of
from render.world.plants import F64, Builder, Model, Stuff, units


@dataclass(frozen=True)
class Habit:
    """How a kind of broad-leaved tree grows, in metres.

    Args:
        tall, radius: of the whole tree; fork: share of the height where the crown begins.
        stem: radius of the stem at its foot; limbs: main branches.
        leaf, bark: what it is made of; spray: side of a leaf card; slim: width of a lobe over the crown's radius.
    """

    tall: float = 12.0
    radius: float = 4.2
    fork: float = 0.26
    stem: float = 0.30
    limbs: int = 9
    leaf: Stuff = Stuff.LEAVES
    bark: Stuff = Stuff.BARK
    spray: float = 1.15
    slim: float = 0.46


OAK = Habit()
BIRCH = Habit(14.0, 2.6, 0.20, 0.15, 10, Stuff.BIRCH, Stuff.BIRCH_BARK, 0.85, 0.52)
DEAD = Habit(8.0, 3.6, 0.30, 0.34, 8, Stuff.LEAVES, Stuff.DEAD_WOOD)


def tree(habit: Habit, variant: int, leaves: int, twigs: int, sides: int) -> Model:
    """A tree of `leaves` leaf cards and `twigs` twig cards; `sides` 0 leaves out the limbs."""
    random = np.random.Generator(np.random.PCG64(seed_of("broadleaf", habit.tall, habit.radius, variant)))
    b = Builder()
    lean = random.normal(0, 0.02, 2) * habit.tall
    high = habit.tall * np.array([-0.03, 0.015, 0.06, habit.fork, 0.52, 0.80])
    bend = random.normal(0, 0.010, (6, 2)) * habit.tall * (high[:, None] > 0.1)
    path = np.concatenate([lean * (high[:, None] / habit.tall) ** 2 + bend, high[:, None]], 1)
    thick = habit.stem * np.array([1.75, 1.25, 0.95, 0.74, 0.42, 0.10])
    few = [1, 2, 3, 4, 5] if sides > 4 else [1, 3, 5] if sides else [1, 4]
    if sides > 4:
        few.insert(0, 0)
    b.tube(path[few], thick[few], max(sides, 3), habit.bark, 0.35)

    lobes, sizes = _lobes(habit, random)
    if sides:
        for lobe, size in zip(lobes, sizes, strict=True):
            _limb(b, habit, path, lobe, float(size), random, sides)
    if twigs:
        at = np.arange(twigs) % len(lobes)
        way = units(random.normal(size=(twigs, 3)) + np.array([0.0, 0.0, 0.35]))
        root = lobes[at] - way * (0.15 * sizes[at])[:, None]
        length = (sizes[at] * random.uniform(0.9, 1.3, twigs))[:, None]
        across = units(np.cross(way, random.normal(size=(twigs, 3)))) * length * 0.8
        stuff = habit.bark if habit.bark == Stuff.DEAD_WOOD else Stuff.TWIGS
        b.cards(root - across / 2, across, way * length, way, np.full(twigs, 0.6), stuff, Cutout.TWIGS)
    if leaves:
        _leaves(b, habit, lobes, sizes, leaves, random)
    return b.scaled(habit.radius, habit.tall)


def _lobes(habit: Habit, random: np.random.Generator) -> tuple[F64, F64]:
    """Middles and radii of the crown's lobes."""
    n = habit.limbs + 3
    share = (np.arange(n) + 0.5) / n
    turn = np.arange(n) * 2.39996 + random.uniform(0, 6.28)
    height = habit.fork + 0.06 + (0.93 - habit.fork) * share**0.85
    # widest a third up the crown, closing to the top
    swell = np.sin(np.pi * np.clip(0.18 + 0.76 * share, 0, 1)) ** 0.75
    reach = habit.radius * (1 - habit.slim * 0.75) * swell * random.uniform(0.72, 1.1, n)
    size = habit.radius * habit.slim * (0.62 + 0.5 * swell) * random.uniform(0.8, 1.15, n)
    middle = np.stack([reach * np.cos(turn), reach * np.sin(turn), habit.tall * height - 0.3 * size], 1)
    return middle, size


def _limb(
    b: Builder, habit: Habit, stem: F64, lobe: F64, size: float, random: np.random.Generator, sides: int
) -> None:
    away = math.hypot(lobe[0], lobe[1])
    root_z = max(habit.tall * habit.fork * 0.8, lobe[2] - 0.55 * away - 0.12 * habit.tall)
    root = np.array([np.interp(root_z, stem[:, 2], stem[:, 0]), np.interp(root_z, stem[:, 2], stem[:, 1]), root_z])
    middle = root + (lobe - root) * [0.55, 0.55, 0.40] + random.normal(0, 0.06, 3) * away
    thick = habit.stem * 0.42 * (1 - 0.55 * root_z / habit.tall)
    b.tube(np.stack([root, middle, lobe]), thick * np.array([1.0, 0.62, 0.22]), max(3, sides - 2), habit.bark, 0.5)
    for _ in range(2 if sides > 4 else 1):
        tip = lobe + units(random.normal(size=3) + np.array([0, 0, 0.4])) * size * 0.8
        start = middle + (lobe - middle) * random.uniform(0.1, 0.7)
        b.tube(np.stack([start, tip]), thick * np.array([0.45, 0.10]), 3, habit.bark, 0.55)


def _leaves(b: Builder, habit: Habit, lobes: F64, sizes: F64, count: int, random: np.random.Generator) -> None:
    weight = sizes**2 / (sizes**2).sum()
    at = np.repeat(np.arange(len(lobes)), np.ceil(weight * count).astype(int))[:count]
    count = len(at)
    way = units(random.normal(size=(count, 3)) + np.array([0.0, 0.0, 0.25]))
    shell = random.uniform(0.30, 1.0, count) ** 0.45
    centre = lobes[at] + way * (shell * sizes[at])[:, None] * [1.0, 1.0, 0.78]
    facing = units(way + 0.55 * random.normal(size=(count, 3)) + np.array([0.0, 0.0, 0.45]))
    along = units(np.cross(facing, random.normal(size=(count, 3))))
    side = (habit.spray * (420 / count) ** 0.42 * random.uniform(0.75, 1.25, count))[:, None]
    heart = np.array([0.0, 0.0, habit.tall * (habit.fork + 1) / 2])
    from_heart = (centre - heart) / [habit.radius, habit.radius, habit.tall * (1 - habit.fork) / 2]
    skin = np.linalg.norm(from_heart, axis=1)
    depth = np.clip(0.15 + 0.5 * skin + 0.38 * (shell - 0.6) + 0.18 * from_heart[:, 2], 0, 1)
    far = (Cutout.FOLIAGE, Cutout.FOLIAGE, Cutout.FOLIAGE)
    kinds = np.array(far if count < 200 else (Cutout.FOLIAGE, Cutout.FOLIAGE, Cutout.LEAVES_TOO))
    b.centred(
        centre, along * side, np.cross(facing, along) * side, 0.6 * way + 0.7 * units(from_heart), depth, habit.leaf,
        kinds[random.integers(0, 3, count)].astype(np.int64), random.permutation(count) / count,
    )


def shrub(variant: int, leaves: int, stuff: Stuff, cutout: Cutout, spray: float = 0.5) -> Model:
    """A round bush of radius and height 1 m."""
    random = np.random.Generator(np.random.PCG64(seed_of("shrub", variant, int(stuff))))
    b = Builder()
    way = units(random.normal(size=(leaves, 3)) * [1, 1, 0.8] + np.array([0.0, 0.0, 0.3]))
    way[:, 2] = np.abs(way[:, 2])
    lumps = 0.78 + 0.2 * np.sin(way @ random.normal(0, 3.0, 3) + variant)
    shell = random.uniform(0.35, 1.0, leaves) ** 0.5 * lumps
    centre = way * shell[:, None] * [0.85, 0.85, 0.8]
    facing = units(way + 0.5 * random.normal(size=(leaves, 3)) + np.array([0.0, 0.0, 0.3]))
    along = units(np.cross(facing, random.normal(size=(leaves, 3))))
    side = (spray * (60 / leaves) ** 0.4 * random.uniform(0.75, 1.25, leaves))[:, None]
    depth = np.clip(0.1 + 0.45 * shell + 0.45 * centre[:, 2], 0, 1)
    rank = random.permutation(leaves) / leaves if stuff in (Stuff.LEAVES, Stuff.HEDGE) else None
    if rank is not None and stuff == Stuff.HEDGE:
        rank = (rank - 0.4) / 0.6  # hedges keep dry leaves through the winter
    outward = way + np.array([0, 0, 0.3])
    b.centred(centre, along * side, np.cross(facing, along) * side, outward, depth, stuff, cutout, rank)
    if rank is not None:  # what stays in winter
        n = max(5, leaves // 6)
        up = units(random.normal(size=(n, 3)) * [0.6, 0.6, 0.2] + np.array([0, 0, 1.0]))
        across = units(np.cross(up, random.normal(size=(n, 3))))
        up_to = up * random.uniform(0.7, 1.0, (n, 1))
        b.cards(-across * 0.5, across, up_to, up, np.full(n, 0.5), Stuff.TWIGS, Cutout.TWIGS)
    return b.scaled(1.0, 1.0)
