"""Plants of the waterside that plants.py does not grow: reeds in the shallows, coconut palms leaning over a beach."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.world.noise import seed_of
from render.world.props import Builder, Cards, Thing, scattered

F64 = npt.NDArray[np.float64]


def reeds(x: F64, y: F64, z: F64, seed: int) -> list[Cards]:
    """Clumps of reed with feet at x, y, z (K,)."""
    random = np.random.Generator(np.random.PCG64(seed_of("reeds", seed)))
    result = []
    for variant in range(3):
        pick = np.arange(variant, len(x), 3)
        if len(pick) == 0:
            continue
        tall = 1.5 + 0.9 * random.random(len(pick))
        size = 0.7 + 0.4 * random.random(len(pick))
        turn, tint = 6.283 * random.random(len(pick)), random.normal(size=len(pick))
        result.append(scattered(_reed(variant), x[pick], y[pick], z[pick] - 0.1, size, tall, turn, tint))
    return result


def palms(x: F64, y: F64, z: F64, tall: F64, turn: F64, lean: F64, seed: int) -> list[Cards]:
    """Coconut palms: (K,) feet, heights, the heading (radians from +x) in which each leans, and how far it does."""
    result = []
    for k in range(len(x)):
        palm = _palm(seed_of("palm", seed, k) % 7, round(float(lean[k]) * 4) / 4)
        one = np.array([float(tall[k])])
        place = (np.array([float(x[k])]), np.array([float(y[k])]), np.array([float(z[k]) - 0.3]))
        result.append(scattered(palm, *place, one, one, np.array([float(turn[k])]), np.zeros(1)))
    return result


@lru_cache(maxsize=3)
def _reed(variant: int) -> Cards:
    random = np.random.Generator(np.random.PCG64(seed_of("reed", variant)))
    make = Builder(seed_of("reed tint", variant))
    count = 20
    turn, lean = 6.283 * random.random(count), 0.10 + 0.32 * random.random(count) ** 2
    way = np.stack([np.cos(turn), np.sin(turn), np.zeros(count)], 1)
    side = np.stack([-way[:, 1], way[:, 0], np.zeros(count)], 1) * 0.014
    root = way * (0.45 * random.random(count))[:, None]
    tip = way * lean[:, None] + np.array([0.0, 0.0, 1.0]) * (0.6 + 0.4 * random.random(count))[:, None]
    out = way * 0.7 + np.array([0.0, 0.0, 0.5])
    make.cards(np.stack([root - side, 2 * side, tip + side], 1), Thing.REED, 0.75, triangle=True, out=out)
    plumes = np.stack([root + tip * 0.86 - side * 0.6, side * 1.2, tip * 0.14], 1)[: count // 3]
    make.cards(plumes, Thing.THATCH, 0.9, out=out[: count // 3])
    return make.done(0.0, 0.0, 0.0)


@lru_cache(maxsize=64)
def _palm(variant: int, lean: float) -> Cards:
    """A palm of height 1 that leans towards +x; everything in shares of its height."""
    random = np.random.Generator(np.random.PCG64(seed_of("palm model", variant)))
    make = Builder(seed_of("palm tint", variant))
    steps, sides = 11, 6
    t = np.linspace(0, 1, steps + 1)
    bend = lean * (0.75 * t - 0.25 * t**2.2) * 0.9 + 0.03 * np.sin(5 * t + variant)
    line = np.stack([bend, 0.02 * np.sin(4 * t + 2 * variant), t * (1 - 0.12 * lean)], 1)
    wide = 0.021 + 0.010 * (1 - t) ** 3 + 0.010 * np.exp(-t * 18)
    turn = np.arange(sides + 1) * (2 * math.pi / sides)
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(sides + 1)], 1)
    tube = line[:, None] + ring[None] * wide[:, None, None]
    a, b, c = tube[:-1, :-1], tube[:-1, 1:], tube[1:, :-1]
    out = np.broadcast_to((ring[:-1] + ring[1:])[None] / 2, (steps, sides, 3)).reshape(-1, 3)
    make.cards(np.stack([a, b - a, c - a], 2).reshape(-1, 3, 3), Thing.PALM_BARK, 0.9, out=out)
    head = line[-1]
    fronds = 19
    for i in range(fronds):
        heading = i * 2.39996 + 0.4 * random.random()
        lift = math.radians(72 - 105 * (i / fronds) + 10 * random.normal())
        length = 0.30 + 0.07 * random.random()
        s = np.linspace(0, 1, 12)
        angle = lift - (1.1 + 0.35 * random.random()) * s**1.3
        run = np.concatenate([[0.0], np.cumsum(np.cos((angle[1:] + angle[:-1]) / 2))]) * (length / 11)
        rise = np.concatenate([[0.0], np.cumsum(np.sin((angle[1:] + angle[:-1]) / 2))]) * (length / 11)
        flat = np.array([math.cos(heading), math.sin(heading), 0.0])
        spine = head + run[:, None] * flat + rise[:, None] * np.array([0.0, 0.0, 1.0])
        tangent = np.gradient(spine, axis=0)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
        side = np.array([-flat[1], flat[0], 0.0])
        hang = np.cross(tangent, side)
        hang *= np.sign(hang[:, 2:3] + 1e-9)
        blade = 0.115 * np.sin(np.pi * np.clip(s * 0.92 + 0.10, 0, 1)) ** 0.7 + 0.008
        for sign in (-1.0, 1.0):
            for half in (0.0, 0.5):
                root = spine[:-1] * (1 - half) + spine[1:] * half
                droop = 0.35 + 0.3 * random.random(11)
                tip = (sign * side + 0.55 * tangent[:-1] - droop[:, None] * hang[:-1]) * blade[:-1, None]
                base = (spine[1:] - spine[:-1]) * 0.42
                normal = hang[:-1] + 0.35 * sign * side
                make.cards(np.stack([root, base, tip], 1), Thing.FROND, 0.62 + 0.38 * s[:-1], triangle=True, out=normal)
    for i in range(5):
        heading = i * 1.257
        nut = head + np.array([0.026 * math.cos(heading), 0.026 * math.sin(heading), -0.030])
        make.boxes(nut[None] - 0.011, np.full((1, 3), 0.022), Thing.HUSK, 0.5)
    return make.done(0.0, 0.0, 0.0)
