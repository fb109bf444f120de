"""Homes and chapels that stand alone in a landscape, each the thing that the eye goes to. Metres; x right, y forward.

Doors look backward (−y), ridges run along y. All stand on stone that reaches down into uneven ground.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from render.world.noise import seed_of
from render.world.props import Builder, Cards, Thing

Side = Literal["front", "back", "left", "right"]
_OUT = {"front": (0.0, -1.0), "back": (0.0, 1.0), "left": (-1.0, 0.0), "right": (1.0, 0.0)}
_UNDER_M = 3.2
"""How far foundations reach down: ground falls away at cliffs and on slopes."""


def house(x: float, y: float, z: float, turn: float, seed: int) -> list[Cards]:
    """A white house of two storeys: a long wing with a porch, a lower wing across it, two chimneys, a garden wall."""
    make = Builder(seed_of("house", seed))
    wide, deep, foot, tall = 8.2, 13.6, 0.7, 5.7
    _stone(make, wide, deep, foot)
    make.boxes(np.array([[-wide / 2, -deep / 2, foot]]), np.array([[wide, deep, tall]]), Thing.PLASTER)
    top = foot + tall
    make.gable([-wide / 2, -deep / 2, top], [wide, deep], 3.7, 0.55, Thing.SHINGLE, Thing.PLASTER)
    _corners(make, wide, deep, foot, tall)
    for level in (foot + 0.9, foot + 3.75):
        for at in (-2.6, 2.6) if level < 3 else (-2.6, 0.0, 2.6):
            window(make, "front", at, level, deep / 2, 1.1, 1.5)
            window(make, "back", at, level, deep / 2, 1.1, 1.5)
        for at in (-5.0, -1.8, 1.8, 5.0):
            window(make, "right", at, level, wide / 2, 1.1, 1.5)
            if at < 0:
                window(make, "left", at, level, wide / 2, 1.1, 1.5)
    window(make, "front", 0.0, top + 0.9, deep / 2, 0.9, 1.2)
    window(make, "back", 0.0, top + 0.9, deep / 2, 0.9, 1.2)
    front = -deep / 2
    make.boxes(np.array([[-0.55, front - 0.07, foot]]), np.array([[1.1, 0.08, 2.2]]), Thing.PAINT)
    _porch(make, wide, front, foot)
    for at in (-4.6, 3.4):
        _chimney(make, 0.0, at, top + 2.6, 2.3)
    body = make.done(x, y, z, turn)
    wing = Builder(seed_of("house wing", seed))
    w, d, t = 6.4, 7.4, 4.1
    wing.boxes(np.array([[-w / 2 - 0.12, 0, -_UNDER_M]]), np.array([[w + 0.24, d + 0.12, _UNDER_M + foot]]),
               Thing.MASONRY)
    wing.boxes(np.array([[-w / 2, 0, foot]]), np.array([[w, d, t]]), Thing.PLASTER)
    wing.gable([-w / 2, -3.6, foot + t], [w, d + 3.6], 3.1, 0.45, Thing.SHINGLE, Thing.PLASTER)
    for at in (-1.7, 1.7):
        window(wing, "back", at, foot + 0.9, d, 1.2, 1.5)
        window(wing, "left", 3.0 + at, foot + 0.9, w / 2, 1.1, 1.4)
        window(wing, "right", 3.0 + at, foot + 0.9, w / 2, 1.1, 1.4)
    window(wing, "back", 0.0, foot + t + 0.5, d, 0.9, 1.1)
    lower = wing.done(*_moved(x, y, turn, -wide / 2, 2.6), z, turn + math.pi / 2)
    return [body, lower]


def chapel(x: float, y: float, z: float, turn: float, seed: int) -> list[Cards]:
    """A whitewashed chapel: a steep roof, pointed windows, a bell tower with a spire and a cross before the nave."""
    make = Builder(seed_of("chapel", seed))
    wide, deep, foot, tall, rise = 6.6, 11.0, 0.5, 4.3, 4.3
    _stone(make, wide, deep, foot)
    make.boxes(np.array([[-wide / 2, -deep / 2, foot]]), np.array([[wide, deep, tall]]), Thing.PLASTER)
    make.gable([-wide / 2, -deep / 2, foot + tall], [wide, deep], rise, 0.4, Thing.SHINGLE, Thing.PLASTER)
    for at in (-2.9, 0.4, 3.7):
        for side in ("left", "right"):
            window(make, side, at, foot + 1.2, wide / 2, 0.85, 1.5, pointed=True)
        for side_x in (-wide / 2 - 0.55, wide / 2):
            make.boxes(np.array([[side_x, at + 1.35, -_UNDER_M]]), np.array([[0.55, 0.6, _UNDER_M + foot + 3.1]]),
                       Thing.MASONRY)
    window(make, "back", 0.0, foot + 1.8, deep / 2, 1.3, 1.8, pointed=True)
    half, high, at = 1.7, 10.2, -deep / 2 - 1.9
    make.boxes(np.array([[-half - 0.15, at - half - 0.15, -_UNDER_M]]),
               np.array([[2 * half + 0.3, 2 * half + 0.3, _UNDER_M + 0.7]]), Thing.MASONRY)
    make.boxes(np.array([[-half, at - half, 0.7]]), np.array([[2 * half, 2 * half, high - 0.7]]), Thing.PLASTER)
    for level in (4.6, high - 0.12):
        make.boxes(np.array([[-half - 0.12, at - half - 0.12, level]]),
                   np.array([[2 * half + 0.24, 2 * half + 0.24, 0.2]]), Thing.MASONRY)
    _spire(make, at, half + 0.35, high + 0.08, 5.6)
    cross = high + 5.4
    make.boxes(np.array([[-0.06, at - 0.06, cross], [-0.42, at - 0.05, cross + 0.85]]),
               np.array([[0.12, 0.12, 1.5], [0.84, 0.1, 0.12]]), Thing.DARK)
    front = at - half
    make.boxes(np.array([[-0.75, front - 0.06, 0.55]]), np.array([[1.5, 0.07, 2.1]]), Thing.LOG)
    _point(make, 0.0, front - 0.07, 2.65, 1.5, 0.9, Thing.LOG)
    window(make, "front", 0.0, 5.4, -front, 0.55, 1.0, pointed=True)
    for level, wide_, high_ in ((7.8, 0.9, 1.15),):  # the belfry is open on all sides
        for side, reach in (("front", -front), ("back", at + half), ("left", half), ("right", half)):
            middle = 0.0 if side in ("front", "back") else at
            window(make, side, middle, level, reach, wide_, high_, pointed=True, pane=Thing.DARK)
    make.boxes(np.array([[-1.5, front - 1.5, -1.2], [-1.2, front - 0.8, -1.0]]),
               np.array([[3.0, 1.5, 1.45], [2.4, 0.8, 1.5]]), Thing.MASONRY)
    return [make.done(x, y, z, turn)]


def window(
    make: Builder, side: Side | str, at: float, low: float, reach: float, wide: float, high: float, *,
    pointed: bool = False, pane: Thing = Thing.PANE,
) -> None:
    """A window with its frame on one wall.

    Args:
        make: takes the cards.
        side: which wall, by the way it looks; at: metres along the wall of the window's middle; low: of its sill.
        reach: metres from the middle to the wall's face; wide, high: of the glass.
        pointed: whether it ends in a pointed arch; pane: what it is filled with.
    """
    ox, oy = _OUT[str(side)]
    ax, ay = abs(oy), abs(ox)

    def box(along: float, base: float, long: float, tall: float, out: float, thing: Thing) -> None:
        corner = np.array([ax * (at + along) + ox * reach, ay * (at + along) + oy * reach, base])
        corner[0] -= out if ox < 0 else 0.0
        corner[1] -= out if oy < 0 else 0.0
        size = np.array([ax * long + abs(ox) * out, ay * long + abs(oy) * out, tall])
        make.boxes(corner[None], size[None], thing)

    frame, bar = 0.12, 0.05
    rim = Thing.MASONRY if pointed else Thing.PLANK
    box(-wide / 2, low, wide, high, 0.03, pane)
    box(-wide / 2 - frame, low - frame, wide + 2 * frame, frame, 0.12, rim)
    for edge in (-wide / 2 - frame, wide / 2):
        box(edge, low, frame, high, 0.07, rim)
    if not pointed:
        box(-wide / 2 - frame, low + high, wide + 2 * frame, frame, 0.07, rim)
        box(-bar / 2, low, bar, high, 0.05, rim)
        box(-wide / 2, low + 0.55 * high, wide, bar, 0.05, rim)
        return
    for grow, out, thing in ((frame, 0.03, rim), (0.0, 0.05, pane)):
        half, rise = wide / 2 + grow, 0.75 * wide + grow
        foot = np.array([ax * at + ox * (reach + out), ay * at + oy * (reach + out), low + high])
        way = np.array([ax, ay, 0.0])
        cards = np.array([[foot, s * half * way, [0, 0, rise]] for s in (1.0, -1.0)])
        make.cards(cards, thing, triangle=True, out=np.tile([ox, oy, 0.0], (2, 1)))


def _stone(make: Builder, wide: float, deep: float, foot: float) -> None:
    make.boxes(np.array([[-wide / 2 - 0.15, -deep / 2 - 0.15, -_UNDER_M]]),
               np.array([[wide + 0.3, deep + 0.3, _UNDER_M + foot]]), Thing.MASONRY)


def _corners(make: Builder, wide: float, deep: float, foot: float, tall: float) -> None:
    """Boards at the corners and under the upper storey."""
    spots = [[sx * (wide / 2 + 0.03) - 0.14, sy * (deep / 2 + 0.03) - 0.14, foot] for sx in (-1, 1) for sy in (-1, 1)]
    make.boxes(np.array(spots), np.array([[0.28, 0.28, tall]] * 4), Thing.PLANK)
    make.boxes(np.array([[-wide / 2 - 0.06, -deep / 2 - 0.06, foot + 2.9]]),
               np.array([[wide + 0.12, deep + 0.12, 0.16]]), Thing.PLANK)


def _porch(make: Builder, wide: float, front: float, foot: float) -> None:
    """Floor, posts and a lean-to roof before the door."""
    out = 2.3
    make.boxes(np.array([[-wide / 2, front - out, -1.0], [-0.9, front - out - 0.7, -1.0]]),
               np.array([[wide, out, 1.0 + foot - 0.12], [1.8, 0.7, 1.0 + foot - 0.4]]), Thing.MASONRY)
    for post in np.linspace(-wide / 2 + 0.1, wide / 2 - 0.24, 4):
        make.boxes(np.array([[post, front - out + 0.1, foot - 0.12]]), np.array([[0.14, 0.14, 2.55]]), Thing.PLANK)
    rail = np.array([[-wide / 2 + 0.1, front - out + 0.14, foot + 0.75], [1.2, front - out + 0.14, foot + 0.75]])
    make.boxes(rail, np.array([[wide / 2 - 1.3, 0.07, 0.09], [wide / 2 - 1.3, 0.07, 0.09]]), Thing.PLANK)
    roof = np.array([[[-wide / 2 - 0.3, front - out - 0.35, foot + 2.35], [wide + 0.6, 0, 0], [0, out + 0.4, 0.75]]])
    make.cards(roof, Thing.SHINGLE)


def _chimney(make: Builder, x: float, y: float, z: float, tall: float) -> None:
    make.boxes(np.array([[x - 0.45, y - 0.45, z], [x - 0.55, y - 0.55, z + tall], [x - 0.2, y - 0.2, z + tall + 0.2]]),
               np.array([[0.9, 0.9, tall], [1.1, 1.1, 0.2], [0.4, 0.4, 0.35]]), Thing.MASONRY)


def _spire(make: Builder, y: float, half: float, z: float, tall: float) -> None:
    """A pyramid over a square whose middle is at 0, y."""
    around = [(-half, -half), (half, -half), (half, half), (-half, half)]
    tip = np.array([0.0, y, z + tall])
    faces = []
    for (ax, ay), (bx, by) in zip(around, around[1:] + around[:1], strict=True):
        a, b = np.array([ax, y + ay, z]), np.array([bx, y + by, z])
        faces.append([a, b - a, tip - a])
    make.cards(np.array(faces), Thing.SHINGLE, triangle=True)


def _point(make: Builder, x: float, y: float, z: float, wide: float, rise: float, thing: Thing) -> None:
    """The pointed top of a door that looks backward."""
    cards = np.array([[[x, y, z], [s * wide / 2, 0, 0], [0, 0, rise]] for s in (1.0, -1.0)])
    make.cards(cards, thing, triangle=True, out=np.tile([0.0, -1.0, 0.0], (2, 1)))


def _moved(x: float, y: float, turn: float, dx: float, dy: float) -> tuple[float, float]:
    """A spot of a thing's own frame in the world's."""
    c, s = math.cos(turn), math.sin(turn)
    return x + dx * c - dy * s, y + dx * s + dy * c
