"""Water: ripples from world noise, sky and land mirrored by Fresnel's law, the bed seen through the shallows.

Land is mirrored by a second polar table, made for the eye's mirror image under the water: a search, not a march.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.light.base import Light
from render.view import View
from render.visibility.polar import PolarTable, build_table, intersect
from render.world.clipmap import clip_grid
from render.world.colors import lay
from render.world.noise import lookup, smoothstep, stack
from render.world.terrain_shading import shade_ground

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_ABSORB = (0.42, 0.13, 0.10)
_BODY = (0.007, 0.024, 0.030)
_BED = (0.13, 0.12, 0.10)
_WAVES = ((9.0, 30.0, 250.0, 0.10), (41.0, 120.0, 900.0, 0.075), (230.0, 300.0, 2600.0, 0.05))
_RADII = 420


def shade_water(
    world: TerrainWorld, view: View, position: Tensor, direction: Tensor, distance: Tensor, light: Light
) -> Tensor:
    """Radiance (3, M) leaving the water's surface towards the eye.

    Args:
        world: whose water; view: the eye's.
        position, direction: (3, M); distance: (M,) along the rays.
        light: the scene's.
    """
    x, y, level = position
    ground = world.layers.with_grid(clip_grid(x, y, world.layers.size))[4]
    deep = (level - ground).clamp(min=0)
    nx, ny = _ripples(x, y, distance, world.land.wave_height * (1 + 0.9 * light.precipitation))
    up = 1 / torch.sqrt(1 + nx * nx + ny * ny)
    facing = -(direction[0] * nx + direction[1] * ny + direction[2]) * up
    mirrored = torch.stack([
        direction[0] + 2 * facing * nx * up, direction[1] + 2 * facing * ny * up,
        (direction[2] + 2 * facing * up).abs().clamp(min=0.004),
    ])
    mirrored = mirrored / torch.sqrt((mirrored * mirrored).sum(0))
    fresnel = 0.02 + 0.98 * (1 - facing.clamp(0.02, 1)) ** 5
    reflected = _reflect(world, view, position, direction, mirrored, light)
    lit = torch.ones_like(x)
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        lit = shadow.with_grid(clip_grid(x, y, shadow.size))[0]
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position.T, light.sun_direction)
        sun = [float(v) for v in light.sun_direction]
        glint = (mirrored[0] * sun[0] + mirrored[1] * sun[1] + mirrored[2] * sun[2]).clamp(min=0) ** 420
        reflected = reflected + light.sun_irradiance[:, None] * (glint * lit * 60)
    down = light.sun_irradiance[:, None] * (lit * light.sun_direction[2].clamp(min=0)) + light.sky_irradiance[:, None]
    path = deep * (1 + 1 / facing.clamp(min=0.15))
    body = torch.stack([_BED[i] * torch.exp(-path * _ABSORB[i]) + _BODY[i] for i in range(3)]) * down * (1 / math.pi)
    result = body + (reflected - body) * fresnel
    if world.land.foam > 0:
        foam = stack("foam a", low=5, high=60, slope=-0.7)[0]
        n = lookup(foam, x, y, 23.0)
        wash = smoothstep(2.6, 0.2, deep + 0.7 * n + 0.5 * lookup(foam, y, x, 90.0)) * smoothstep(-0.3, 0.9, n)
        result = lay(result, 0.62 * down * (1 / math.pi), wash * world.land.foam)
    return result


def _ripples(x: Tensor, y: Tensor, distance: Tensor, rough: float) -> tuple[Tensor, Tensor]:
    waves = stack("waves a", "waves b", low=5, high=40, slope=-0.9)
    nx, ny = torch.zeros_like(x), torch.zeros_like(x)
    for period, near, far, weight in _WAVES:
        at = torch.nonzero(distance < far).squeeze(1)
        if at.numel():
            px, py = x[at], y[at]
            got = lookup(waves, px + 0.3 * py, py - 0.3 * px, period)
            fade = smoothstep(far, near, distance[at]) * (weight * rough)
            nx[at] += got[0] * fade
            ny[at] += got[1] * fade
    return nx, ny


def _reflect(
    world: TerrainWorld, view: View, position: Tensor, direction: Tensor, mirrored: Tensor, light: Light
) -> Tensor:
    """Radiance (3, M) that comes along the mirrored rays."""
    got = light.sky.radiance(mirrored.T).T
    level = world.land.water_m
    assert level is not None
    eye = view.eye_m.copy()
    eye[2] = 2 * level - eye[2]
    reach = torch.sqrt((position[0] - eye[0]) ** 2 + (position[1] - eye[1]) ** 2)
    flat = torch.sqrt(mirrored[0] ** 2 + mirrored[1] ** 2).clamp(min=1e-4)
    rows = max(256, min(2048, view.width_px))
    met = intersect(_mirror_table(world, view, eye, mirrored, _mean_reach(position, eye, reach, rows)), mirrored.T)
    # Where land stands between this water and its row's mean, the table shows that land: look beyond all water then.
    hidden = torch.nonzero(met * flat <= reach * 1.01 + 0.5).squeeze(1)
    if hidden.numel():
        beyond = _mirror_table(world, view, eye, mirrored, _far_reach(position, eye, reach, rows // 2))
        met[hidden] = intersect(beyond, mirrored[:, hidden].T)
    at = torch.nonzero(torch.isfinite(met) & (met * flat > reach * 1.01 + 0.5) & (met * flat < 9000)).squeeze(1)
    if at.numel():
        along = met[at]
        origin = torch.tensor(eye, dtype=torch.float32)[:, None]
        where = origin + mirrored[:, at] * along
        shaded = shade_ground(world, where, mirrored[:, at], along + 150, light, detail=False)
        left = torch.exp(-light.haze_per_m[:, None] * along)
        got[:, at] = shaded * left + got[:, at] * (1 - left) * 0.7
    return got


def _mirror_table(
    world: TerrainWorld, view: View, eye: npt.NDArray[np.float64], mirrored: Tensor, nearest: Tensor
) -> PolarTable:
    """The land above the water as the mirrored eye sees it, without what is nearer than `nearest` (A,) metres."""
    level = world.land.water_m
    assert level is not None

    def land(px: Tensor, py: Tensor) -> Tensor:
        if px.shape[0] != nearest.shape[0]:
            return torch.full_like(px, -2000.0)
        # What stands between the eye and the water is in front of it, not mirrored in it.
        beyond = (px - float(eye[0])) ** 2 + (py - float(eye[1])) ** 2 > (nearest * nearest)[:, None]
        height = world.surface.at(px, py)[0]
        return torch.where(beyond & (height > level + 0.05), height, -2000.0)

    below = View("equirect", nearest.shape[0], 2, eye, view.world_from_cam)
    return build_table(below, mirrored.T, land, _RADII)


def _azimuth_row(position: Tensor, eye: npt.NDArray[np.float64], rows: int) -> Tensor:
    azimuth = torch.atan2(position[0] - float(eye[0]), position[1] - float(eye[1]))
    return ((azimuth + math.pi) * (rows / (2 * math.pi))).long().clamp(0, rows - 1)


def _far_reach(position: Tensor, eye: npt.NDArray[np.float64], reach: Tensor, rows: int) -> Tensor:
    """(rows,) level distance of the farthest water seen in each azimuth row of a full circle."""
    farthest = torch.zeros(rows).scatter_reduce_(0, _azimuth_row(position, eye, rows), reach, "amax")
    return torch.where(farthest > 0, farthest, reach.max())


def _mean_reach(position: Tensor, eye: npt.NDArray[np.float64], reach: Tensor, rows: int) -> Tensor:
    """(rows,) level distance of the water seen in each azimuth row of a full circle; the mean of all where none is."""
    row = _azimuth_row(position, eye, rows)
    total = torch.zeros(rows, dtype=torch.float64).scatter_add_(0, row, reach.double())
    count = torch.zeros(rows, dtype=torch.float64).scatter_add_(0, row, torch.ones_like(reach, dtype=torch.float64))
    middle = total.sum() / count.sum()
    return torch.where(count > 0, total / count.clamp(min=1), middle).float()
