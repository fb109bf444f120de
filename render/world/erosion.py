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
    """Let drops (2, N), x and y in cells, run over the ground (n·n,), in place."""
    corners = torch.tensor([0, 1, size, size + 1])[:, None]
    velocity, moved = torch.zeros_like(position), torch.empty_like(ground)
    speed, water, soil = torch.ones_like(position[0]), torch.ones_like(position[0]), torch.zeros_like(position[0])
    for _ in range(steps):
        cells, beside, above = _cells(position, size, corners)
        height = ground.index_select(0, cells).view(2, 2, -1)  # row, column
        slope_x, slope_y = (height[:, 1] - height[:, 0]).mul_(above), (height[1] - height[0]).mul_(beside)
        slope = torch.stack([slope_x[0].add_(slope_x[1]), slope_y[0].add_(slope_y[1])])
        velocity.mul_(0.08).sub_(slope.mul_(0.92))
        length = (velocity[0] * velocity[0]).add_(velocity[1] * velocity[1]).sqrt_().clamp_(min=1e-6)
        velocity.div_(length)
        position = (position + velocity).clamp_(1, size - 2.001)
        there, right, up = _cells(position, size, corners)
        fall = _between(height, beside, above).sub_(_between(ground.index_select(0, there).view(2, 2, -1), right, up))
        spare = fall.clamp(min=0.02).mul_(5).mul_(speed).mul_(water).sub_(soil)
        take = torch.minimum(spare.clamp(min=0).mul_(0.35), fall.clamp(min=0).mul_(0.5))
        give = spare.neg_().clamp_(min=0).mul_(0.25)
        give = torch.where(fall < 0, torch.minimum(soil, -fall), give)
        change = give.sub_(take)
        soil -= change
        moved.zero_().scatter_add_(0, cells, (above[:, None] * beside).mul_(change).view(-1))
        # many drops in one cell at once would each dig the same soil, and the pit deepen without end
        ground.add_(moved.clamp_(-_MOST_CELLS, _MOST_CELLS))
        speed = (speed * speed).add_(fall.mul_(4)).clamp_(min=0.01, max=16).sqrt_()
        water *= 0.98


def _cells(position: Tensor, size: int, corners: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Indices (4·N,) of the cells around drops (2, N), and what the left and right, low and high count: (2, N) each."""
    low = position.floor()
    high = position - low
    at = low[1].mul_(size).add_(low[0]).long()
    share = torch.stack([1 - high, high], 1)
    return (at + corners).view(-1), share[0], share[1]


def _between(height: Tensor, beside: Tensor, above: Tensor) -> Tensor:
    """Height (N,) between the four cells (2, 2, N) around each drop."""
    parts = (height * beside).mul_(above[:, None])
    return parts[0, 0].add_(parts[0, 1]).add_(parts[1, 0]).add_(parts[1, 1])


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
