"""Water: ripples from world noise, sky and land mirrored by Fresnel's law, the bed seen through the shallows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from render.light.base import Light
from render.world.clipmap import clip_grid
from render.world.noise import lookup, mix, smoothstep, stack

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_ABSORB = (0.42, 0.13, 0.10)
_DEEP = (0.010, 0.035, 0.045)
_BED = (0.13, 0.12, 0.10)
_STEPS = 26


def shade_water(world: TerrainWorld, position: Tensor, direction: Tensor, distance: Tensor, light: Light) -> Tensor:
    """Radiance (M, 3) leaving the water's surface towards the eye."""
    from render.world.terrain_shading import shade_ground

    x, y, level = position[:, 0], position[:, 1], position[:, 2]
    ground = world.layers.with_grid(clip_grid(x, y, world.layers.size))[4]
    deep = (level - ground).clamp(min=0)
    rough = world.land.wave_height * (1 + 0.9 * light.precipitation)
    waves = stack("waves a", "waves b", low=5, high=40, slope=-0.9)
    nx, ny = torch.zeros_like(x), torch.zeros_like(x)
    for period, near, far, weight in ((9.0, 30.0, 250.0, 0.10), (41.0, 120.0, 900.0, 0.075), (230.0, 300.0, 2600.0, 0.05)):
        got = lookup(waves, x + 0.3 * y, y - 0.3 * x, period) * (smoothstep(far, near, distance) * weight * rough)
        nx, ny = nx + got[0], ny + got[1]
    normal = torch.stack([nx, ny, torch.ones_like(nx)], 1)
    normal = normal / torch.sqrt((normal * normal).sum(1, keepdim=True))
    facing = -(normal * direction).sum(1)
    mirrored = direction + 2 * facing[:, None] * normal
    mirrored[:, 2] = mirrored[:, 2].abs().clamp(min=0.004)
    mirrored = mirrored / torch.sqrt((mirrored * mirrored).sum(1, keepdim=True))
    fresnel = 0.02 + 0.98 * (1 - facing.clamp(0.02, 1)) ** 5
    reflected = light.sky.radiance(mirrored)
    reached, where = _march(world, position, mirrored)
    if reached.numel():
        land = shade_ground(world, where, mirrored[reached], distance[reached] + 200, light, detail=False)
        air = torch.exp(-light.haze_per_m * (where - position[reached]).norm(dim=1, keepdim=True))
        reflected[reached] = land * air + light.sky.radiance(mirrored[reached]) * (1 - air) * 0.7
    lit = torch.ones_like(x)
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        lit = shadow.with_grid(clip_grid(x, y, shadow.size))[0]
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position, light.sun_direction)
    glint = (mirrored * light.sun_direction).sum(1).clamp(min=0) ** 420 * 60
    reflected = reflected + light.sun_irradiance * (glint * lit)[:, None]
    down = light.sun_irradiance * (lit * light.sun_direction[2].clamp(min=0))[:, None] + light.sky_irradiance
    path = deep * (1 + 1 / facing.clamp(min=0.15))
    body = torch.tensor(_BED) * torch.exp(-path[:, None] * torch.tensor(_ABSORB)) + torch.tensor(_DEEP) * 0.6
    body = body * down * (1 / math.pi)
    result = mix(body, reflected, fresnel[:, None])
    if world.land.foam > 0:
        foam = stack("foam a", low=5, high=60, slope=-0.7)[0]
        n = lookup(foam, x, y, 23.0)
        wash = smoothstep(2.6, 0.2, deep + 0.7 * n + 0.5 * lookup(foam, y, x, 90.0)) * smoothstep(-0.3, 0.9, n)
        result = mix(result, 0.62 * down * (1 / math.pi), (wash * world.land.foam)[:, None])
    return result


def _march(world: TerrainWorld, position: Tensor, mirrored: Tensor) -> tuple[Tensor, Tensor]:
    """Which reflected rays meet the land, and where: (K,) indices, (K, 3) points."""
    alive = torch.nonzero(mirrored[:, 2] < 0.75).squeeze(1)
    travelled = torch.full((alive.numel(),), 3.0)
    start, way = position[alive], mirrored[alive]
    found: list[Tensor] = []
    points: list[Tensor] = []
    for _ in range(_STEPS):
        if alive.numel() == 0:
            break
        point = start + way * travelled[:, None]
        gap = point[:, 2] - world.surface.with_grid(clip_grid(point[:, 0], point[:, 1], world.surface.size))[0]
        hit = gap < 0
        if bool(hit.any()):
            found.append(alive[hit])
            points.append(point[hit])
        keep = ~hit & (travelled < 9000)
        travelled = (travelled + gap.clamp(min=0) * 0.5 + travelled * 0.16)[keep]
        alive, start, way = alive[keep], start[keep], way[keep]
    if not found:
        return torch.empty(0, dtype=torch.long), torch.empty(0, 3)
    return torch.cat(found), torch.cat(points)
