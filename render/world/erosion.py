"""Water and gravity on a height map: many droplets at once carry soil down, then slopes too steep slide."""

from __future__ import annotations

import torch
from torch import Tensor

from render.world.noise import generator, uniform

_BATCH = 5000

_MOST_CELLS = 0.12
"""How far one step may raise or dig a cell, in cells."""


def erode(height: Tensor, cell_m: float, seed: int, droplets: int = 30_000, steps: int = 44) -> Tensor:
    """Eroded copy of a height map.

    Args:
        height: (n, n) metres.
        cell_m: metres between samples.
        seed: of the place.
        droplets, steps: how much water, and how far each drop runs.
    """
    size = height.shape[0]
    ground = (height / cell_m).reshape(-1).clone()
    random = generator("erosion", seed)
    for _ in range(0, droplets, _BATCH):
        position = uniform(2, _BATCH, of=random) * (size - 3) + 1
        _run(ground, size, position, steps)
    shaped = ground.view(size, size)
    for _ in range(12):
        shaped = _slide(shaped)
    return shaped * cell_m


def _run(ground: Tensor, size: int, position: Tensor, steps: int) -> None:
    x, y = position[0].clone(), position[1].clone()
    vx, vy = torch.zeros_like(x), torch.zeros_like(x)
    speed, water, soil = torch.ones_like(x), torch.ones_like(x), torch.zeros_like(x)
    for _ in range(steps):
        ix, iy = x.long(), y.long()
        fx, fy = x - ix, y - iy
        at = iy * size + ix
        h00, h10, h01, h11 = ground[at], ground[at + 1], ground[at + size], ground[at + size + 1]
        slope_x = (h10 - h00) * (1 - fy) + (h11 - h01) * fy
        slope_y = (h01 - h00) * (1 - fx) + (h11 - h10) * fx
        here = h00 * (1 - fx) * (1 - fy) + h10 * fx * (1 - fy) + h01 * (1 - fx) * fy + h11 * fx * fy
        vx, vy = vx * 0.08 - slope_x * 0.92, vy * 0.08 - slope_y * 0.92
        length = torch.sqrt(vx * vx + vy * vy).clamp(min=1e-6)
        vx, vy = vx / length, vy / length
        x, y = (x + vx).clamp(1, size - 2.001), (y + vy).clamp(1, size - 2.001)
        jx, jy = x.long(), y.long()
        gx, gy = x - jx, y - jy
        there = jy * size + jx
        next_height = (
            ground[there] * (1 - gx) * (1 - gy) + ground[there + 1] * gx * (1 - gy)
            + ground[there + size] * (1 - gx) * gy + ground[there + size + 1] * gx * gy
        )
        fall = here - next_height
        capacity = 5 * fall.clamp(min=0.02) * speed * water
        spare = capacity - soil
        take = torch.minimum(spare.clamp(min=0) * 0.35, fall.clamp(min=0) * 0.5)
        give = (-spare).clamp(min=0) * 0.25
        give = torch.where(fall < 0, torch.minimum(soil, -fall), give)
        change = give - take
        soil = soil - change
        moved = torch.zeros_like(ground)
        for offset, weight in (
            (0, (1 - fx) * (1 - fy)), (1, fx * (1 - fy)), (size, (1 - fx) * fy), (size + 1, fx * fy),
        ):
            moved.scatter_add_(0, at + offset, change * weight)
        # many drops in one cell at once would each dig the same soil, and the pit deepen without end
        ground.add_(moved.clamp_(-_MOST_CELLS, _MOST_CELLS))
        speed = torch.sqrt((speed * speed + 4 * fall).clamp(min=0.01, max=16))
        water = water * 0.98


def _slide(height: Tensor) -> Tensor:
    """One pass of talus: a quarter of what stands steeper than 44° moves to each lower neighbour."""
    moved = torch.zeros_like(height)
    for dim in (0, 1):
        size = height.shape[dim]
        difference = height.narrow(dim, 1, size - 1) - height.narrow(dim, 0, size - 1)
        flow = difference.sign() * (difference.abs() - 0.95).clamp(min=0) * 0.2
        moved.narrow(dim, 0, size - 1).add_(flow)
        moved.narrow(dim, 1, size - 1).sub_(flow)
    return height + moved
