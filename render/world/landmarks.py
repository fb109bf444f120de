"""Landmarks of the waterside: jetty, rowing boat, boathouse, mountain hut, lighthouse. Metres; x right, y forward."""

from __future__ import annotations

import math

import numpy as np

from render.world.noise import seed_of
from render.world.props import Builder, Cards, Thing


def jetty(x: float, y: float, deck_z: float, turn: float, length_m: float, bed_m: float, seed: int) -> Cards:
    """A plank jetty that runs `length_m` forward from its landward end, on posts down to `bed_m`."""
    make = Builder(seed_of("jetty", seed))
    wide, board = 1.9, 0.17
    count = int(length_m / board)
    random = np.random.Generator(np.random.PCG64(seed_of("jetty boards", seed)))
    at = np.arange(count) * board
    edge = 0.05 * random.normal(size=count)
    keep = random.random(count) > 0.012
    low = np.stack([-wide / 2 + edge, at, -0.05 + 0.008 * random.normal(size=count)], 1)[keep]
    make.boxes(low, np.broadcast_to([wide, board * 0.90, 0.05], low.shape), Thing.PLANK)
    for side in (-0.7, 0.6):
        make.boxes(np.array([[side, 0, -0.22]]), np.array([[0.12, length_m, 0.16]]), Thing.LOG, 0.35)
    posts = np.arange(0.6, length_m, 3.4)
    for side in (-wide / 2 - 0.12, wide / 2 - 0.06):
        top = 0.55 + 0.25 * random.random(len(posts))
        deep = bed_m - deck_z - 0.5
        low = np.stack([np.full_like(posts, side), posts, np.full_like(posts, deep)], 1)
        thick = np.full_like(posts, 0.18)
        make.boxes(low, np.stack([thick, thick, top - deep], 1), Thing.LOG, 0.85)
    end = length_m
    make.boxes(  # a wider head to sit on, and a bench
        np.stack([np.full(10, -2.3), end + np.arange(10) * 0.28, np.full(10, -0.05)], 1),
        np.broadcast_to([4.6, 0.25, 0.05], (10, 3)), Thing.PLANK,
    )
    corners = np.array([[-2.4, end + 0.2], [2.25, end + 0.2], [-2.4, end + 2.5], [2.25, end + 2.5]])
    deep = bed_m - deck_z - 0.5
    make.boxes(
        np.column_stack([corners, np.full(4, deep)]), np.broadcast_to([0.2, 0.2, 0.85 - deep], (4, 3)), Thing.LOG, 0.85
    )
    return make.done(x, y, deck_z, turn)


def rowboat(x: float, y: float, z: float, turn: float, lean: float, seed: int, thing: Thing = Thing.HULL) -> Cards:
    """A clinker rowing boat of 4.6 m whose keel rests at z − 0.15."""
    make = Builder(seed_of("boat", seed))
    stations = np.linspace(-2.3, 2.3, 13)
    s = stations / 2.3
    half = 0.78 * np.clip(1 - np.abs(s) ** 2.6 * np.where(s > 0, 1.0, 0.45), 0.02, 1)
    sheer = 0.42 + 0.24 * s**2 + 0.08 * np.maximum(s, 0) ** 3
    keel = -0.15 + 0.30 * np.abs(s) ** 4
    rows = np.linspace(0, 1, 5)
    for side in (-1.0, 1.0):
        ring = np.stack([
            side * half[:, None] * np.sin(rows * math.pi / 2) ** 0.75, np.broadcast_to(stations[:, None], (13, 5)),
            keel[:, None] + (sheer - keel)[:, None] * rows**1.6,
        ], -1)
        a, b, c, d = ring[:-1, :-1], ring[1:, :-1], ring[:-1, 1:], ring[1:, 1:]
        for p, q, r in ((a, b, c), (d, c, b)):
            make.cards(np.stack([p, q - p, r - p], 2).reshape(-1, 3, 3), thing, 0.8, triangle=True)
        rim = np.stack([ring[:-1, -1], ring[1:, -1] - ring[:-1, -1], np.tile([-side * 0.07, 0, 0.03], (12, 1))], 1)
        make.cards(rim, Thing.PLANK, out=np.tile([0.0, 0.0, 1.0], (12, 1)))
    for at, wide in ((-1.3, 1.1), (0.1, 1.46), (1.3, 0.95)):
        make.boxes(np.array([[-wide / 2, at, 0.24]]), np.array([[wide, 0.28, 0.04]]), Thing.PLANK, 0.8)
    make.cards(np.array([[[-0.45, -1.9, 0.02], [0.9, 0, 0], [0, 3.7, 0]]]), Thing.LOG, 0.45)
    return make.done(x, y, z, turn, lean)


def hut(
    x: float, y: float, z: float, turn: float, seed: int, *, wide: float = 6.2, deep: float = 8.4, tall: float = 2.7,
    walls: Thing = Thing.LOG, roof: Thing = Thing.SHINGLE, foot: float = 0.9, chimney: bool = True,
) -> Cards:
    """A gabled hut on a stone foot; the door and two windows look backward (−y), the ridge runs along y."""
    make = Builder(seed_of("hut", seed))
    make.boxes(np.array([[-wide / 2 - 0.15, -deep / 2 - 0.15, -1.6]]),
               np.array([[wide + 0.3, deep + 0.3, 1.6 + foot]]), Thing.MASONRY)
    rows = int(tall / 0.27)
    heights = foot + np.arange(rows) * 0.27
    inset = 0.035 * (np.arange(rows) % 2)
    low = np.stack([-wide / 2 + inset, -deep / 2 + inset, heights], 1)
    make.boxes(low, np.stack([wide - 2 * inset, deep - 2 * inset, np.full(rows, 0.27)], 1), walls)
    top = foot + rows * 0.27
    make.gable([-wide / 2, -deep / 2, top], [wide, deep], 0.44 * wide, 0.75, roof, walls)
    front = -deep / 2 - 0.04
    make.boxes(np.array([[-0.5, front, foot - 0.1]]), np.array([[1.0, 0.06, 2.1]]), Thing.PAINT)
    make.boxes(np.array([[-0.9, front - 1.0, foot - 0.25]]), np.array([[1.8, 1.0, 0.16]]), Thing.PLANK)
    panes = [[-2.35, front, foot + 0.75], [1.35, front, foot + 0.75]]
    make.boxes(np.array(panes), np.array([[1.0, 0.05, 1.0]] * 2), Thing.PANE)
    make.boxes(np.array([[-0.4, front + 0.01, top + 0.45]]), np.array([[0.8, 0.04, 0.8]]), Thing.PANE)
    for side in (-wide / 2 - 0.05, wide / 2):
        make.boxes(np.array([[side, -2.2, foot + 0.75], [side, 1.3, foot + 0.75]]),
                   np.array([[0.05, 1.0, 1.0]] * 2), Thing.PANE)
    frames = [[px - 0.09, py - 0.02, pz - 0.09] for px, py, pz in panes]
    make.boxes(np.array(frames), np.array([[1.18, 0.04, 0.09]] * 2), Thing.PLASTER)
    if chimney:
        make.boxes(np.array([[wide * 0.18, 0.8, top]]), np.array([[0.75, 0.75, 0.44 * wide + 0.9]]), Thing.MASONRY)
    return make.done(x, y, z, turn)


def boathouse(x: float, y: float, z: float, turn: float, bed_m: float, seed: int) -> Cards:
    """A red boathouse on posts over the water, its dark gate forward (+y)."""
    make = Builder(seed_of("boathouse", seed))
    wide, deep, tall = 5.4, 8.0, 2.9
    boards = np.arange(-wide / 2, wide / 2 - 0.01, 0.3)
    for at in (-deep / 2, deep / 2 - 0.08):
        low = np.stack([boards, np.full_like(boards, at), np.zeros_like(boards)], 1)
        make.boxes(low, np.broadcast_to([0.285, 0.08, tall], low.shape), Thing.PAINT)
    along = np.arange(-deep / 2, deep / 2 - 0.01, 0.32)
    for side in (-wide / 2, wide / 2 - 0.08):
        low = np.stack([np.full_like(along, side), along, np.zeros_like(along)], 1)
        make.boxes(low, np.broadcast_to([0.08, 0.305, tall], low.shape), Thing.PAINT)
    make.gable([-wide / 2, -deep / 2, tall], [wide, deep], 2.3, 0.6, Thing.SHINGLE, Thing.PAINT)
    make.boxes(np.array([[-1.5, deep / 2, -0.3]]), np.array([[3.0, 0.05, 2.5]]), Thing.DARK)
    for low_x, size_x in ((-1.68, 0.18), (1.5, 0.18)):
        make.boxes(np.array([[low_x, deep / 2, -0.2]]), np.array([[size_x, 0.08, 2.5]]), Thing.PLASTER)
    make.boxes(np.array([[-1.68, deep / 2, 2.2]]), np.array([[3.36, 0.08, 0.18]]), Thing.PLASTER)
    for side in (-wide / 2 - 0.04, wide / 2 - 0.01):
        make.boxes(np.array([[side, -1.6, 1.0], [side, 1.2, 1.0]]), np.array([[0.05, 0.9, 0.9]] * 2), Thing.PANE)
        make.boxes(np.array([[side - 0.01, -1.7, 0.9], [side - 0.01, 1.1, 0.9]]),
                   np.array([[0.07, 1.1, 0.1]] * 2), Thing.PLASTER)
    under = bed_m - z - 0.6
    spots = np.array([[a, b] for a in (-wide / 2 + 0.1, 0.0, wide / 2 - 0.3) for b in (-3.8, -1.2, 1.4, 3.7)])
    low = np.column_stack([spots, np.full(12, under)])
    make.boxes(low, np.broadcast_to([0.24, 0.24, -under], (12, 3)), Thing.LOG, 0.6)
    make.boxes(np.array([[-wide / 2 - 0.1, -deep / 2 - 0.1, -0.25]]), np.array([[wide + 0.2, deep + 0.2, 0.25]]),
               Thing.LOG, 0.6)
    return make.done(x, y, z, turn)


def lighthouse(x: float, y: float, z: float, seed: int) -> Cards:
    """A white tower of 23 m with a red lantern room, and a keeper's cottage beside it."""
    make = Builder(seed_of("lighthouse", seed))
    sides = 18
    turn = np.arange(sides + 1) * (2 * math.pi / sides)
    ring = np.stack([np.cos(turn), np.sin(turn)], 1)

    def barrel(low: float, high: float, wide_low: float, wide_high: float, thing: Thing) -> None:
        a = np.column_stack([ring * wide_low, np.full(sides + 1, low)])
        b = np.column_stack([ring * wide_high, np.full(sides + 1, high)])
        out = np.column_stack([(ring[:-1] + ring[1:]) / 2, np.full(sides, 0.12)])
        make.cards(np.stack([a[:-1], a[1:] - a[:-1], b[:-1] - a[:-1]], 1), thing, triangle=True, out=out)
        make.cards(np.stack([b[1:], b[:-1] - b[1:], a[1:] - b[1:]], 1), thing, triangle=True, out=out)

    barrel(-2.0, 0.8, 3.6, 3.5, Thing.MASONRY)
    barrel(0.8, 7.0, 3.0, 2.65, Thing.PLASTER)
    barrel(7.0, 11.5, 2.65, 2.42, Thing.PAINT)
    barrel(11.5, 17.5, 2.42, 2.1, Thing.PLASTER)
    barrel(17.5, 18.1, 3.0, 3.0, Thing.DARK)
    barrel(18.1, 20.4, 1.45, 1.45, Thing.LANTERN)
    barrel(20.4, 22.4, 1.95, 0.15, Thing.PAINT)
    disc = np.column_stack([ring * 3.0, np.full(sides + 1, 18.1)])
    middle = np.array([0.0, 0.0, 18.1])
    fan = np.stack([np.tile(middle, (sides, 1)), disc[:-1] - middle, disc[1:] - middle], 1)
    make.cards(fan, Thing.DARK, triangle=True)
    make.boxes(np.array([[-0.06, -2.98, 3.2], [-0.06, -2.75, 9.0], [-0.06, -2.5, 14.0]]),
               np.array([[0.7, 0.2, 1.1]] * 3), Thing.PANE)
    make.boxes(np.array([[4.2, -3.2, -2.0]]), np.array([[6.0, 8.0, 4.9]]), Thing.PLASTER)
    make.gable([4.2, -3.2, 2.9], [6.0, 8.0], 2.6, 0.35, Thing.SHINGLE, Thing.PLASTER)
    make.boxes(np.array([[5.0, -3.26, 0.9], [8.2, -3.26, 0.9]]), np.array([[0.9, 0.06, 1.2]] * 2), Thing.PANE)
    make.boxes(np.array([[6.6, -3.26, 0.0]]), np.array([[1.0, 0.06, 2.1]]), Thing.PAINT)
    return make.done(x, y, z, 0.35)


def stilt_hut(x: float, y: float, deck_z: float, turn: float, bed_m: float, seed: int) -> Cards:
    """A thatched hut on stilts over shallow water, its veranda backward (−y)."""
    make = Builder(seed_of("stilt hut", seed))
    wide, deep, tall = 5.2, 5.6, 2.2
    under = bed_m - deck_z - 0.6
    spots = np.array([[a, b] for a in (-3.0, 0.0, 2.8) for b in (-4.6, -1.6, 1.4, 3.0)])
    low = np.column_stack([spots, np.full(12, under)])
    make.boxes(low, np.broadcast_to([0.2, 0.2, -under], (12, 3)), Thing.LOG, 0.6)
    boards = np.arange(-4.8, 3.3, 0.24)
    low = np.stack([np.full_like(boards, -3.2), boards, np.full_like(boards, -0.06)], 1)
    make.boxes(low, np.broadcast_to([6.4, 0.22, 0.06], low.shape), Thing.PLANK)
    canes = np.arange(-wide / 2, wide / 2 - 0.01, 0.2)
    for at in (-deep / 2 + 0.4, deep / 2):
        low = np.stack([canes, np.full_like(canes, at), np.zeros_like(canes)], 1)
        make.boxes(low, np.broadcast_to([0.19, 0.08, tall], low.shape), Thing.THATCH, 0.8)
    along = np.arange(-deep / 2 + 0.4, deep / 2, 0.2)
    for side in (-wide / 2, wide / 2 - 0.08):
        low = np.stack([np.full_like(along, side), along, np.zeros_like(along)], 1)
        make.boxes(low, np.broadcast_to([0.08, 0.19, tall], low.shape), Thing.THATCH, 0.8)
    make.boxes(np.array([[-0.55, -deep / 2 + 0.34, 0.0]]), np.array([[1.1, 0.06, 1.95]]), Thing.DARK)
    make.boxes(np.array([[-2.1, -deep / 2 + 0.34, 0.8], [1.2, -deep / 2 + 0.34, 0.8]]),
               np.array([[0.9, 0.06, 0.9]] * 2), Thing.PANE)
    # a hipped roof of straw, deep eaves, open at the veranda on four posts
    eaves_z, ridge_z = tall - 0.15, tall + 2.7
    corners = ((-3.7, -4.9), (3.7, -4.9), (3.7, 3.9), (-3.7, 3.9))
    a, b, c, d = (np.array([*corner, eaves_z]) for corner in corners)
    e, f = np.array([0.0, -1.8, ridge_z]), np.array([0.0, 1.2, ridge_z])
    faces = ((a, b, e), (b, c, f), (b, f, e), (c, d, f), (d, a, e), (d, e, f))
    cards = np.array([[p, q - p, r - p] for p, q, r in faces])
    out = np.cross(cards[:, 1], cards[:, 2])
    make.cards(cards, Thing.THATCH, triangle=True, out=out * np.sign(out[:, 2:3]))
    for px in (-2.9, 2.7):
        make.boxes(np.array([[px, -4.6, 0.0]]), np.array([[0.14, 0.14, eaves_z]]), Thing.LOG)
    return make.done(x, y, deck_z, turn)
