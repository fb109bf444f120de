"""What is cut out of a card: sprays of leaves, needles, blades and twigs, so that one card shows many leaves.

A stencil covers a card's u and v in 0–1; the rasteriser drops the fragments that fall outside it. Stencils are drawn
once, from fixed numbers: the same in every process.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

STENCIL_SIDE = 128
F64 = npt.NDArray[np.float64]


class Cutout(IntEnum):
    """The stencils; SOLID keeps the whole card."""

    SOLID, LEAVES, LEAVES_TOO, FOLIAGE, SPRAY, TUFT, GRASS, FROND, TWIGS, BLOB, EARS, COMB = range(12)


@lru_cache(maxsize=1)
def stencils() -> Tensor:
    """(stencils · side · side,) bool, flat: keep at [stencil, v, u]."""
    return torch.as_tensor(_drawn()[0])


@lru_cache(maxsize=1)
def tones() -> Tensor:
    """(stencils · side · side,) float32 light and dark of the single leaves, about −1…1."""
    return torch.as_tensor(_drawn()[1])


def stencil_index(cutout: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Flat index into `stencils` and `tones` for surface coordinates in 0–1."""
    side = STENCIL_SIDE
    column = (u * side).long().clamp_(0, side - 1)
    row = (v * side).long().clamp_(0, side - 1)
    return (cutout * side + row) * side + column


class _Sheet:
    """One stencil while it is drawn."""

    def __init__(self, seed: int) -> None:
        axis = (np.arange(STENCIL_SIDE) + 0.5) / STENCIL_SIDE
        self.u, self.v = np.meshgrid(axis, axis)
        self.keep = np.zeros_like(self.u, dtype=bool)
        self.tone = np.zeros_like(self.u)
        self.random = np.random.Generator(np.random.PCG64(seed))

    def leaf(self, at: tuple[float, float], turn: float, length: float, width: float, tone: float) -> None:
        """A pointed leaf that begins at a place; later ones lie on top."""
        c, s = math.cos(turn), math.sin(turn)
        along = ((self.u - at[0]) * c + (self.v - at[1]) * s) / length
        across = (self.v - at[1]) * c - (self.u - at[0]) * s
        half = 0.5 * width * np.sin(np.pi * np.clip(along, 0, 1) ** 0.85)
        inside = (along > 0) & (along < 1) & (np.abs(across) < half)
        self.keep |= inside
        self.tone = np.where(inside, tone + 0.5 * (along - 0.5) - 0.25 * (np.abs(across) < 0.12 * width), self.tone)

    def stroke(self, a: tuple[float, float], b: tuple[float, float], thick: float, thin: float, tone: float) -> None:
        """A straight line that tapers."""
        du, dv = b[0] - a[0], b[1] - a[1]
        length = max(math.hypot(du, dv), 1e-6)
        along = np.clip(((self.u - a[0]) * du + (self.v - a[1]) * dv) / length**2, 0, 1)
        away = np.hypot(self.u - a[0] - along * du, self.v - a[1] - along * dv)
        inside = away < 0.5 * (thick + (thin - thick) * along)
        self.keep |= inside
        self.tone = np.where(inside, tone + 0.6 * (along - 0.5), self.tone)


def _solid(sheet: _Sheet) -> None:
    sheet.keep[:] = True


def _cluster(count: int, length: float, width: float) -> Callable[[_Sheet], None]:
    def draw(sheet: _Sheet) -> None:
        r = sheet.random
        for i in range(count):
            turn = i * 2.39996 + r.normal(0, 0.3)
            reach = (0.5 - 0.72 * length) * math.sqrt((i + 0.5) / count) - 0.35 * length
            at = (0.5 + reach * math.cos(turn), 0.5 + reach * math.sin(turn))
            scale = r.uniform(0.75, 1.2)
            sheet.leaf(at, turn + r.normal(0, 0.75), length * scale, width * scale, r.normal(0, 0.55))

    return draw


def _spray(sheet: _Sheet) -> None:
    r = sheet.random
    for k in range(23):
        u = 0.02 + 0.92 * k / 23
        reach = 0.50 * min(1.0, 0.35 + 3.2 * u) * (1 - u) ** 0.75 + 0.03
        for side in (-1, 1):
            long = reach * r.uniform(0.75, 1.08)
            turn = side * r.uniform(0.75, 1.0)
            tip = (u + long * math.cos(turn), 0.5 + long * math.sin(turn))
            sheet.stroke((u, 0.5), tip, 0.036, 0.013, r.normal(0, 0.35))
    sheet.stroke((0.0, 0.5), (0.98, 0.5), 0.05, 0.02, -0.5)


def _tuft(sheet: _Sheet) -> None:
    r = sheet.random
    for _ in range(46):
        turn, long = r.uniform(0, 2 * math.pi), r.uniform(0.26, 0.48)
        start = (0.5 + 0.05 * math.cos(turn), 0.5 + 0.05 * math.sin(turn))
        tip = (0.5 + long * math.cos(turn), 0.5 + long * math.sin(turn))
        sheet.stroke(start, tip, 0.030, 0.014, r.normal(0, 0.45))


def _grass(sheet: _Sheet) -> None:
    r = sheet.random
    for k in range(15):
        foot = 0.16 + 0.68 * (k + r.uniform(0, 1)) / 15
        high, lean = r.uniform(0.45, 0.99), (foot - 0.5) * 0.9 + r.normal(0, 0.13)
        middle = (foot + 0.32 * lean, 0.58 * high)
        tip = (min(max(foot + lean, 0.01), 0.99), high)
        tone = r.normal(0, 0.4)
        sheet.stroke((foot, 0.0), middle, 0.042, 0.034, tone - 0.45)
        sheet.stroke(middle, tip, 0.034, 0.010, tone + 0.25)


def _frond(sheet: _Sheet) -> None:
    r = sheet.random
    for k in range(15):
        u = 0.03 + 0.93 * k / 15
        reach = 0.48 * math.sin(math.pi * min(1.0, 0.12 + 0.86 * u)) ** 0.7
        for side in (-1, 1):
            turn = side * (1.25 - 0.55 * u)
            tip = (u + reach * math.cos(turn), 0.5 + reach * math.sin(turn))
            sheet.stroke((u, 0.5), tip, 0.040, 0.010, r.normal(0, 0.3))
    sheet.stroke((0.0, 0.5), (1.0, 0.5), 0.034, 0.012, -0.3)


def _twigs(sheet: _Sheet) -> None:
    r = sheet.random

    def grow(at: tuple[float, float], turn: float, long: float, thick: float, left: int) -> None:
        tip = (at[0] + long * math.cos(turn), at[1] + long * math.sin(turn))
        sheet.stroke(at, tip, thick, thick * 0.62, r.normal(0, 0.2))
        if left:
            for spread in (-0.55, 0.1, 0.6):
                grow(tip, turn + spread + r.normal(0, 0.16), long * r.uniform(0.60, 0.82), thick * 0.62, left - 1)

    grow((0.5, 0.0), math.pi / 2, 0.24, 0.034, 4)


def _blob(sheet: _Sheet) -> None:
    u, v = sheet.u - 0.5, sheet.v - 0.5
    turn = np.arctan2(v, u)
    ragged = 0.40 + 0.05 * np.sin(5 * turn + 1) + 0.035 * np.sin(11 * turn) + 0.03 * np.sin(19 * turn + 2)
    sheet.keep |= np.hypot(u, v) < ragged
    sheet.tone += 0.5 * np.sin(9.2 * u * 3 + 3 * np.sin(17 * v)) * np.sin(29 * v + 2 * np.sin(23 * u))


def _ears(sheet: _Sheet) -> None:
    r = sheet.random
    for k in range(12):
        foot = 0.06 + 0.88 * (k + r.uniform(0, 1)) / 12
        high, lean = r.uniform(0.72, 0.9), r.normal(0, 0.06)
        tone = r.normal(0, 0.3)
        sheet.stroke((foot, 0.0), (foot + lean, high), 0.022, 0.018, tone - 0.5)
        sheet.leaf((foot + lean, high - 0.06), math.pi / 2 - lean * 3, 0.16, 0.05, tone + 0.5)


def _comb(sheet: _Sheet) -> None:
    r = sheet.random
    for k in range(20):
        u = 0.02 + 0.90 * k / 20
        tip = (min(u + 0.20, 0.99), r.uniform(0.80, 0.98))
        sheet.stroke((u, 0.0), tip, 0.046, 0.014, r.normal(0, 0.3))
    sheet.stroke((0.0, 0.01), (1.0, 0.01), 0.05, 0.05, -0.2)


_DRAW: tuple[Callable[[_Sheet], None], ...] = (
    _solid, _cluster(20, 0.30, 0.155), _cluster(52, 0.185, 0.11), _cluster(64, 0.17, 0.10), _spray, _tuft, _grass,
    _frond, _twigs, _blob, _ears, _comb,
)  # fmt: skip


@lru_cache(maxsize=1)
def _drawn() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    sheets = [_Sheet(100 + k) for k in range(len(_DRAW))]
    for draw, sheet in zip(_DRAW, sheets, strict=True):
        draw(sheet)
    keep = np.stack([s.keep for s in sheets]).reshape(-1)
    return keep, np.clip(np.stack([s.tone for s in sheets]), -1, 1).reshape(-1).astype(np.float32)
