"""Spruce, pine and palm: a stem, and branches as sprays of needles or fronds."""

from __future__ import annotations

import math

import numpy as np

from render.visibility.cutouts import Cutout
from render.world.noise import seed_of
from render.world.plants import Builder, Model, Stuff, units


def spruce(variant: int, tiers: int, branches: int, bare: float = 0.07, twigs: int = 0) -> Model:
    """A spruce 16 m tall: whorls of drooping sprays, each of two halves that hang like a roof.

    Close to a lens a spray of one piece looks like a fern: with `twigs`, that many sprays hang from each side of a
    branch instead.
    """
    tall, radius = 16.0, 2.7
    random = np.random.Generator(np.random.PCG64(seed_of("spruce", variant)))
    b = Builder()
    stem = np.array([[0, 0, -0.4], [0, 0, 0.25], [0, 0, 1.0], [0, 0, 0.55 * tall], [0, 0, 0.985 * tall]])
    thick = np.array([0.36, 0.25, 0.20, 0.12, 0.015])
    few = [0, 4] if tiers < 10 else [0, 2, 4] if tiers < 20 else [0, 1, 2, 3, 4]
    b.tube(stem[few], thick[few], 6 if tiers > 20 else 3, Stuff.BARK, 0.3)
    count = tiers * branches
    tier = np.repeat(np.arange(tiers), branches)
    z = bare + (0.975 - bare) * (tier + random.uniform(-0.35, 0.35, count)) / tiers
    z = np.clip(z, bare * 0.8, 0.985)
    turn = np.arange(count) * 2.39996 + random.uniform(-0.3, 0.3, count)
    # branches low in the crown die back a little, so that it is widest a fifth up
    reach = radius * ((1 - z) ** 0.78) * np.clip(0.62 + 2.2 * z, 0, 1) * random.uniform(0.72, 1.08, count) + 0.16
    drop = reach * (0.16 + 0.50 * (1 - z) * random.uniform(0.6, 1.2, count)) - reach * 0.55 * z**2
    way = np.stack([np.cos(turn), np.sin(turn), np.zeros(count)], 1)
    side = np.stack([-way[:, 1], way[:, 0], np.zeros(count)], 1)
    root = np.stack([np.zeros(count), np.zeros(count), z * tall], 1)
    spine = way * reach[:, None] - np.array([0, 0, 1.0]) * drop[:, None]
    wide = (0.52 * reach + 0.30) * (24 / tiers) ** 0.35 * (6 / branches) ** 0.5
    hang = 0.42 * wide
    out = way * 0.85 + np.array([0.0, 0.0, 0.55])
    tone = np.clip(0.50 + 0.4 * z + random.normal(0, 0.12, count), 0.2, 1)
    roll = random.normal(0, 0.22, count)[:, None] * wide[:, None] * np.array([0, 0, 1.0])
    # two halves about the spine; u runs along the branch, v across, so the stencil's spine lies on v = 1/2
    for hand in (-1.0, 1.0) if not twigs else ():
        across = side * wide[:, None] * hand + roll * hand - np.array([0, 0, 1.0]) * hang[:, None]
        b.cards(root - across / 2, spine, across, out + 0.35 * hand * side, tone, Stuff.NEEDLES, Cutout.SPRAY)
    for k in range(2 * twigs + 1 if twigs else 0):
        hand, share = (0.0, 0.5) if k == 2 * twigs else (-1.0 if k % 2 else 1.0, 0.12 + 0.8 * (k + 0.5) / (2 * twigs))
        long = (wide * (1.05 - 0.75 * share) * random.uniform(0.8, 1.15, count) if hand else 0.5 * reach)[:, None]
        ahead = units(0.85 * units(spine) + 0.75 * hand * side - np.array([0, 0, 0.34 * abs(hand)]))
        flat = units(np.cross(ahead, out)) * long * 0.62
        foot = root + spine * share
        b.cards(foot - flat / 2, ahead * long, flat, out + 0.35 * hand * side, tone, Stuff.NEEDLES, Cutout.SPRAY)
    tip = units(random.normal(size=(4, 3)) * [1, 1, 0.1])
    b.cards(
        np.tile([[0, 0, 0.90 * tall]], (4, 1)) - tip * 0.25, np.tile([[0, 0, 0.1 * tall]], (4, 1)), tip * 0.5,
        tip + np.array([0, 0, 0.4]), np.full(4, 0.9), Stuff.NEEDLES, Cutout.SPRAY,
    )
    return b.scaled(radius, tall)


def pine(variant: int, clouds: int, needles: int, sides: int) -> Model:
    """A Scots pine 18 m tall: a long bare stem, reddish above, and flat clouds of needles."""
    tall, radius = 18.0, 3.2
    random = np.random.Generator(np.random.PCG64(seed_of("pine", variant)))
    b = Builder()
    high = np.array([-0.4, 0.3, 1.2, 0.35 * tall, 0.62 * tall, 0.94 * tall])
    bend = np.cumsum(random.normal(0, 0.10, (6, 2)), 0)
    stem = np.concatenate([bend - bend[:1], high[:, None]], 1)
    thick = np.array([0.40, 0.29, 0.24, 0.19, 0.14, 0.03])
    low, high_part = ([0, 1, 2, 3], [3, 4, 5]) if sides > 4 else ([0, 3], [3, 5])
    b.tube(stem[low], thick[low], max(sides, 3), Stuff.BARK, 0.4)
    b.tube(stem[high_part], thick[high_part], max(sides, 3), Stuff.RED_BARK, 0.5)
    for k in range(clouds):
        share = (k + 0.5) / clouds
        z = tall * (0.52 + 0.46 * share)
        turn = k * 2.39996 + random.uniform(-0.4, 0.4)
        reach = radius * (1.02 - 0.75 * share**1.5) * random.uniform(0.55, 1.0)
        foot = np.array([np.interp(z, stem[:, 2], stem[:, 0]), np.interp(z, stem[:, 2], stem[:, 1]), z - 0.25 * reach])
        middle = np.array([foot[0] + reach * math.cos(turn), foot[1] + reach * math.sin(turn), z + 0.15 * reach])
        if sides:
            bough = np.stack([foot, (foot + middle) / 2 - np.array([0, 0, 0.1]), middle])
            b.tube(bough, np.array([0.07, 0.05, 0.02]), 3, Stuff.RED_BARK, 0.5)
        n = needles // clouds
        size = 0.42 * radius * random.uniform(0.8, 1.2)
        offset = random.normal(0, 0.55, (n, 3)) * [1, 1, 0.42] * size
        centre = middle + offset
        facing = units(random.normal(size=(n, 3)) * 0.7 + np.array([0, 0, 0.8]) + 0.4 * offset)
        along = units(np.cross(facing, random.normal(size=(n, 3))))
        card = (0.98 * (150 / needles) ** 0.42 * random.uniform(0.8, 1.25, n))[:, None]
        depth = np.clip(0.55 + 0.55 * offset[:, 2] / size + 0.12 * random.normal(size=n), 0.1, 1)
        b.centred(
            centre, along * card, np.cross(facing, along) * card, 0.5 * offset / size + np.array([0, 0, 0.55]), depth,
            Stuff.PINE, Cutout.TUFT if needles > 60 else Cutout.FOLIAGE,
        )
    if sides > 4:
        for _ in range(5):  # dead stubs on the lower stem
            z, turn = random.uniform(0.18, 0.5) * tall, random.uniform(0, 6.28)
            foot = np.array([np.interp(z, stem[:, 2], stem[:, 0]), np.interp(z, stem[:, 2], stem[:, 1]), z])
            way = np.array([math.cos(turn), math.sin(turn), random.uniform(-0.3, 0.2)])
            tip = foot + way * random.uniform(0.5, 1.4)
            b.tube(np.stack([foot, tip]), np.array([0.035, 0.012]), 3, Stuff.DEAD_WOOD, 0.5)
    return b.scaled(radius, tall)


def palm(variant: int, fronds: int, sides: int) -> Model:
    """A coconut palm 9 m tall on a stem that leans, with arching fronds."""
    tall, radius = 9.0, 3.0
    random = np.random.Generator(np.random.PCG64(seed_of("palm", variant)))
    b = Builder()
    t = np.linspace(0, 1, 7)
    turn, lean = random.uniform(0, 6.28), random.uniform(0.4, 1.7)
    bow = lean * (t**1.6) * 0.8
    stem = np.stack([bow * math.cos(turn), bow * math.sin(turn), -0.3 + (0.82 * tall + 0.3) * t], 1)
    b.tube(stem, np.interp(t, [0, 0.08, 0.3, 1], [0.30, 0.20, 0.15, 0.11]), max(sides, 4), Stuff.DEAD_WOOD, 0.5)
    crown = stem[-1]
    for k in range(fronds):
        turn = k * 2.39996 + random.uniform(-0.2, 0.2)
        rise = 0.95 - 1.25 * k / fronds + random.uniform(-0.12, 0.12)
        length = radius * random.uniform(0.85, 1.1)
        way = np.array([math.cos(turn), math.sin(turn), 0.0])
        side = np.array([-way[1], way[0], 0.0])
        point, pitch = crown.copy(), rise
        for part in range(3):
            spine = (way * math.cos(pitch) + np.array([0, 0, math.sin(pitch)])) * length / 3
            wide = (0.55, 0.95, 0.62)[part]
            for hand in (-1.0, 1.0):
                across = side * wide * 0.5 * hand - np.array([0, 0, 0.22 * wide])
                out = way * 0.35 + np.array([0, 0, 0.85]) + 0.4 * hand * side
                b.cards(
                    point[None], spine[None], across[None], out[None],
                    np.array([0.45 + 0.2 * part + 0.2 * (rise > 0.2)]), Stuff.PALM, Cutout.COMB,
                )
            point = point + spine
            pitch -= 0.50 + 0.12 * part
    return b.scaled(radius, tall)
