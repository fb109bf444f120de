"""Bedded rock: walls of layers that end in ledges, with joints between them and cracks that break each bed for itself.

Everything follows world metres, so that all cameras see the same stones; what a pixel could not hold fades before.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.world.land import Hit
from render.world.noise import FEATURES, lookup, smoothstep, stack

_PIXEL = 0.005
"""Metres across a sample per metre of distance, about the coarsest that pictures are made of."""


@dataclass(frozen=True)
class Bedding:
    """How a rock lies.

    Args:
        thick_m: height of its beds, coarse to fine. dip: (2,) rise of the beds per metre east and north.
        wander_m: how far beds bend. contrast: strength of light and dark. relief: of ledges.
    """

    thick_m: tuple[float, ...]
    dip: tuple[float, float] = (0.0, 0.0)
    wander_m: float = 1.6
    contrast: float = 1.0
    relief: float = 1.0


def bedded(rock: Bedding, hit: Hit, at: Tensor, gx: Tensor, gy: Tensor) -> tuple[Tensor, Tensor]:
    """What beds do to a wall.

    Args:
        rock: how it lies.
        hit: all points; at: (K,) which of them are walls.
        gx, gy: (M,) gradient of the surface.

    Returns:
        (K,) log of light and dark, and (K,) what the gradient grows by, in parts of itself: below 0 on a ledge's top,
        above 0 under an overhang.
    """
    x, y, z, distance = hit.x[at], hit.y[at], hit.z[at], hit.distance[at]
    broad = stack("broad a", "broad b")
    bend = lookup(broad[1], x, y, 55 * FEATURES) + 0.35 * lookup(broad[0], x, y, 13 * FEATURES)
    level = z + rock.dip[0] * x + rock.dip[1] * y + rock.wander_m * bend
    east, north = gx[at] ** 2, gy[at] ** 2
    facing_east = smoothstep(0.3, 0.7, east / (east + north).clamp(min=1e-6))
    tone, push = torch.zeros_like(x), torch.zeros_like(x)
    for thick in rock.thick_m:
        near = torch.nonzero(distance < thick / _PIXEL).squeeze(1)
        if near.numel() == 0:
            continue
        sharp = smoothstep(thick / _PIXEL, 0.25 * thick / _PIXEL, distance[near])
        # beds are of unlike height: the scale itself wanders a little with height
        up = level[near] / thick
        up = up + 0.55 * torch.sin(1.7 * up) * 0.5
        number = up.floor()
        within = up - number
        own = (number * 0.61803399).remainder(1.0) - 0.5
        joint = smoothstep(0.16, 0.02, within) + 0.6 * smoothstep(0.93, 1.0, within)
        crack = _cracks(x[near], y[near], number, within, thick, facing_east[near])
        tone[near] += sharp * rock.contrast * (0.34 * own - 0.42 * joint - 0.36 * crack + 0.22 * (within - 0.45))
        push[near] += sharp * rock.relief * (0.62 * (0.45 - within) + 0.35 * joint + 0.5 * own)
    return tone, push.clamp(-0.72, 1.2)


def _cracks(x: Tensor, y: Tensor, number: Tensor, within: Tensor, thick: float, facing_east: Tensor) -> Tensor:
    """0–1 where a bed is broken across, each bed at its own places."""
    field = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)[0]
    shift = (number * 0.7548777).remainder(1.0)
    period = 42.0 * thick
    lean = 0.18 * thick * within
    on_y = lookup(field, y + lean + period * shift, 0.3 * thick * within + period * shift, period)
    on_x = lookup(field, x + lean + period * shift, 0.3 * thick * within + period * shift, period)
    got = on_x + (on_y - on_x) * facing_east
    return smoothstep(0.20, 0.03, got.abs())
