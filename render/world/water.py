"""Water: waves from world noise, sky and land mirrored by Fresnel's law, the bed seen through the shallows, foam.

Waves too fine for a pixel are not drawn but counted: their slopes widen the sun's glitter and soften Fresnel's edge, so
that the sea neither sparkles nor changes its brightness with distance. Land is mirrored by a second polar table, made
for the eye's mirror image under the water: a search, not a march.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.light.base import Light
from render.light.skyward import sky_mirrored
from render.view import View
from render.visibility.polar import PolarTable, build_table, intersect
from render.world.clipmap import clip_grid
from render.world.colors import between, lay
from render.world.ice import Freezes, frozen
from render.world.mirrored_things import Upside, lay_mirrored
from render.world.noise import lookup, smoothstep, stack, tile
from render.world.season import ground_snow
from render.world.terrain_shading import shade_ground

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

Color = tuple[float, float, float]


@dataclass(frozen=True)
class WaterLook:
    """What a water is like.

    Args:
        absorb: (3,) per metre of way through it.
        body: (3,) albedo of the water itself, seen where no bed shows.
        bed: dark and light colour of its bed; patches: 0–1 how much of it is dark weed or reef.
        swell: how much longer crests are than broad; 1 for a pond, 3 for the sea.
        calm: share of ripples that wind leaves on the calmest patches; 1 where there are none.
        wash_m: depth down to which the edge is white where the land has foam.
        shelter: 0–1 how much of the waves a reef keeps out of the shallows.
    """

    absorb: Color = (0.42, 0.13, 0.10)
    body: Color = (0.007, 0.024, 0.030)
    bed: tuple[Color, Color] = ((0.10, 0.09, 0.075), (0.16, 0.15, 0.125))
    patches: float = 0.3
    swell: float = 1.0
    calm: float = 0.35
    shelter: float = 0.0
    wash_m: float = 0.45


SEA = WaterLook(body=(0.006, 0.030, 0.040), swell=2.2, calm=0.75, wash_m=1.7)


@runtime_checkable
class HasWater(Protocol):
    """A land whose water is not a mountain lake's."""

    water_look: WaterLook


@runtime_checkable
class HasSurf(Protocol):
    """A land that knows where waves break; elsewhere only the edge is washed."""

    def surf(self, x: Tensor, y: Tensor) -> Tensor:
        """0–1 share of the breakers at world metres."""
        ...


# tile's side in metres, deviation of the slope at wave height 1
_WAVES = ((6.1, 0.070), (27.0, 0.080), (115.0, 0.065), (620.0, 0.030))
_WAVE_NUMBER = 12.0
_RADII = 420


def shade_water(
    world: TerrainWorld, view: View, position: Tensor, direction: Tensor, distance: Tensor, light: Light,
    upside: Upside | None = None,
) -> Tensor:
    """Radiance (3, M) leaving the water's surface towards the eye.

    Args:
        world: whose water; view: the eye's.
        position, direction: (3, M); distance: (M,) along the rays.
        light: the scene's.
        upside: what stands by the water, mirrored.
    """
    look = world.land.water_look if isinstance(world.land, HasWater) else WaterLook()
    x, y, level = position
    ground = world.layers.with_grid(clip_grid(x, y, world.layers.size))[4]
    deep = (level - ground).clamp(min=0)
    rough = world.land.wave_height * (1 + 0.9 * light.precipitation)
    pixel_rad = 2 * math.pi / view.width_px if view.projection == "equirect" else 1 / view.fx_px
    grazing = (-direction[2]).clamp(min=0.01)
    footprint = distance * (1.6 * pixel_rad) / grazing**0.75
    nx, ny, unseen = _waves(x, y, footprint, rough, deep, look)
    ice: Tensor | None = None
    freeze = ground_snow(light.scene.season) if isinstance(world.land, Freezes) else 0.0
    if freeze > 0:
        ice, frost = frozen(x, y, deep, footprint, freeze, light)
        still = 1 - 0.93 * ice
        nx, ny, unseen = nx * still, ny * still, unseen * still * still
    up = 1 / torch.sqrt(1 + nx * nx + ny * ny)
    facing = -(direction[0] * nx + direction[1] * ny + direction[2]) * up
    facing = torch.maximum(facing, 0.35 * grazing)  # of a wave's back side, what stands before it is seen
    lift = unseen.sqrt()
    rise = (direction[2] + 2 * facing * up).abs() + 0.7 * lift * (1 - grazing)
    mirrored = torch.stack([direction[0] + 2 * facing * nx * up, direction[1] + 2 * facing * ny * up, rise])
    mirrored = mirrored / torch.sqrt((mirrored * mirrored).sum(0))
    sharp = 5 * torch.exp(-2.69 * lift)
    fresnel = 0.02 + 0.98 * (1 - facing.clamp(0.02, 1)) ** sharp / (1 + 22.7 * unseen**0.75)
    # clouds are seen by the mean of a pixel's facets: half of each one's tilt
    calm = torch.stack([mirrored[0] + direction[0], mirrored[1] + direction[1], mirrored[2] - direction[2]])
    calm = calm / torch.sqrt((calm * calm).sum(0))
    reflected = _reflect(world, view, position, mirrored, calm, light)
    if upside is not None:
        lay_mirrored(world, upside, position, mirrored, distance, reflected, light)
    lit = torch.ones_like(x)
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        lit = shadow.with_grid(clip_grid(x, y, shadow.size))[0]
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position.T, light.sun_direction)
        reflected = reflected + light.sun_irradiance[:, None] * (lit * _glitter(direction, nx, ny, unseen, light))
    down = light.sun_irradiance[:, None] * (lit * light.sun_direction[2].clamp(min=0)) + light.sky_irradiance[:, None]
    body = _body(x, y, deep, facing, footprint, look, lit) * down * (1 / math.pi)
    result = body + (reflected - body) * fresnel
    if ice is not None:  # dark ice mirrors as water does, frost and snow on it do not
        result = result + (frost * down * (1 / math.pi) - result) * (ice * (0.25 + frost.mean(0)).clamp(max=1))
    if world.land.foam > 0:
        surf = world.land.surf(x, y) if isinstance(world.land, HasSurf) else torch.ones_like(x)
        white = _foam(x, y, deep * (0.45 / look.wash_m), footprint, surf)
        if light.precipitation > 0.6:  # a storm's whitecaps
            white = torch.maximum(white, _caps(x, y, deep, footprint) * (light.precipitation - 0.6) * 2)
        result = lay(result, 0.66 * down * (1 / math.pi), white * world.land.foam)
    return result


@lru_cache(maxsize=4)
def _slopes(name: str) -> Tensor:
    """(3, 513, 513): slopes east and north of one wave field, of unit deviation each, and its height."""
    height = tile(name, 5.0, 36.0, -1.3)
    inner = height[:-1, :-1]
    east = (torch.roll(inner, -1, 1) - torch.roll(inner, 1, 1)).numpy(force=True)
    north = (torch.roll(inner, -1, 0) - torch.roll(inner, 1, 0)).numpy(force=True)
    fields = [np.pad(f / f.std(), ((0, 1), (0, 1)), mode="wrap") for f in (east, north)]
    return torch.stack([*(torch.as_tensor(f.astype(np.float32)) for f in fields), height])


def _waves(
    x: Tensor, y: Tensor, footprint: Tensor, height: float, deep: Tensor, look: WaterLook
) -> tuple[Tensor, Tensor, Tensor]:
    """Slopes east and north (M,) of what a pixel can show, and the variance (M,) of the slopes that it cannot."""
    field = _slopes("waves")
    nx, ny = torch.zeros_like(x), torch.zeros_like(x)
    gusts = 0.5 + 0.5 * torch.tanh(1.4 * lookup(field[2], x + 0.4 * y, y - 0.2 * x, 1700.0))
    wind = look.calm + (1 - look.calm) * gusts
    wind = wind * smoothstep(-0.4, 1.2, deep)  # ripples die on the beach
    if look.shelter > 0:
        wind = wind * (1 - look.shelter * smoothstep(6, 3, deep))
    unseen = (0.012 + 0.05 * height) ** 2 * wind * wind
    for number, (period, weight) in enumerate(_WAVES):
        turn = 0.35 + 0.5 * number * (-1) ** number
        c, s = math.cos(turn), math.sin(turn)
        blur = footprint * (_WAVE_NUMBER / period)
        keep = 1 / (1 + blur * blur * blur)
        strength = weight * height * wind
        unseen = unseen + (strength * strength) * (1 - keep * keep)
        at = torch.nonzero(keep > 0.03).squeeze(1)
        if at.numel() == 0:
            continue
        u, v = x[at] * c + y[at] * s, (y[at] * c - x[at] * s) * (1 / look.swell)
        got = lookup(field[:2], u, v, period)
        amount = strength[at] * keep[at]
        east, north = got[0] * amount, got[1] * amount * (1 / look.swell)
        nx[at] += east * c - north * s
        ny[at] += east * s + north * c
    return nx, ny, unseen


def _glitter(direction: Tensor, nx: Tensor, ny: Tensor, unseen: Tensor, light: Light) -> Tensor:
    """Share (M,) of the sun's irradiance that waves too small to see throw into the eye, Fresnel not yet counted."""
    sun = light.sun_direction
    half = torch.stack([float(sun[i]) - direction[i] for i in range(3)])
    hz = half[2].clamp(min=1e-3)
    # A normal tilted by slope s is (−s, 1): a lookup's slopes are already those of the normal.
    miss = (half[0] / hz - nx) ** 2 + (half[1] / hz - ny) ** 2
    wide = unseen + 0.00012
    spread = torch.exp(-miss / (2 * wide)) / (2 * math.pi * wide)
    length = torch.sqrt((half * half).sum(0))
    cosine = (hz / length).clamp(min=0.05)
    return (spread / (4 * cosine**4 * (-direction[2]).clamp(min=0.06))).clamp(max=60)


def _body(
    x: Tensor, y: Tensor, deep: Tensor, facing: Tensor, footprint: Tensor, look: WaterLook, lit: Tensor
) -> Tensor:
    """Albedo (3, M) of water and bed together; ripples gather sunlight on a shallow bed."""
    path = deep * (1 + 1 / (0.35 + 0.65 * facing).clamp(min=0.3))
    bed_noise = stack("broad a", "broad b")
    n = lookup(bed_noise, x, y, 14.0 * 14)
    fine = lookup(bed_noise[0], y, x, 3.1 * 14)
    bed = between(look.bed[0], look.bed[1], 0.62 + 0.22 * n[0] + 0.10 * fine)
    if look.patches > 0:
        weed = smoothstep(0.9, 1.5, n[1] + 0.35 * fine + 1.2 * (look.patches - 0.3)) * smoothstep(0.5, 1.4, deep)
        bed = bed * (1 - 0.72 * weed)
    near = torch.nonzero((footprint < 0.5) & (deep < 4) & (deep > 0.05)).squeeze(1)
    if near.numel():
        net = lookup(_slopes("waves")[2], x[near], y[near], 11.0).abs()
        net = (smoothstep(0.5, 0.0, net) - 0.38) * smoothstep(0.5, 0.05, footprint[near]) * lit[near]
        net = net * smoothstep(4, 0.6, deep[near]) * smoothstep(0.05, 0.4, deep[near])
        bed[:, near] = bed[:, near] * (1 + 0.32 * net)
    return torch.stack([
        bed[i] * torch.exp(-path * look.absorb[i]) + look.body[i] * (1 - torch.exp(-path * 0.5)) for i in range(3)
    ])


def _caps(x: Tensor, y: Tensor, deep: Tensor, footprint: Tensor) -> Tensor:
    """Share (M,) under the breaking crests of an open sea in a storm."""
    field = _slopes("waves")
    big = lookup(field[2], x * 0.94 + y * 0.34, (y * 0.94 - x * 0.34) * 0.45, 210.0)
    lace = lookup(stack("foam a", "foam b", low=5, high=60, slope=-0.7)[0], x, y, 17.0)
    fine = smoothstep(1.5, 0.4, footprint)
    crest = smoothstep(0.95, 1.7, big + 0.55 * lace * fine) * smoothstep(1.5, 4.0, deep)
    return crest * (0.35 + 0.65 * fine)


def _foam(x: Tensor, y: Tensor, deep: Tensor, footprint: Tensor, surf: Tensor) -> Tensor:
    """Share (M,) under foam: a wash at the edge, and breakers that run along the lines of equal depth."""
    noise = stack("foam a", "foam b", low=5, high=60, slope=-0.7)
    shallow = torch.nonzero(deep < 5.5).squeeze(1)
    result = torch.zeros_like(x)
    if shallow.numel() == 0:
        return result
    px, py, d, wide = x[shallow], y[shallow], deep[shallow], footprint[shallow]
    broad = lookup(noise, px, py, 160.0)
    lace = lookup(noise[0], px, py, 9.0)
    lace = lace * smoothstep(0.6, 0.1, wide)
    phase = 2.9 * d.clamp(min=0) ** 0.75 + 0.9 * broad[0]
    crest = 0.5 + 0.5 * torch.cos(2 * math.pi * phase / 2.2)
    breaker = smoothstep(0.80, 1.0, crest + 0.10 * lace) * smoothstep(3.4, 0.7, d + 0.5 * broad[1])
    trail = smoothstep(0.25, 0.9, crest + 0.35 * lace - 0.3) * smoothstep(2.2, 0.5, d) * 0.45
    wash = smoothstep(0.45, 0.05, d + 0.16 * broad[1] + 0.16 * lace)
    breaker, trail = breaker * surf[shallow], trail * surf[shallow]
    result[shallow] = torch.maximum(torch.maximum(breaker * smoothstep(-0.7, 0.6, broad[1] + 0.6), trail), wash)
    return result * 0.95


def _reflect(
    world: TerrainWorld, view: View, position: Tensor, mirrored: Tensor, calm: Tensor, light: Light
) -> Tensor:
    """Radiance (3, M) that comes along the mirrored rays; from the sky along calmer ones."""
    got = sky_mirrored(calm.T, torch.tensor(view.eye_m, dtype=torch.float32), light).T
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
