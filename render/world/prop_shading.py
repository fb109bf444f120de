"""Shading of things in a landscape: one table of stuffs, boards and tiles from world noise, snow on top, lit panes."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from render.light.base import Light
from render.world import season as ring
from render.world.clipmap import clip_grid
from render.world.colors import Color, between, lay
from render.world.noise import lookup, smoothstep, stack
from render.world.props import Thing, Things

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_SNOW = (0.80, 0.83, 0.87)
# dark, light, share of light that comes through, light of its own after dark
_STUFFS: dict[Thing, tuple[Color, Color, float, float]] = {
    Thing.PLANK: ((0.105, 0.088, 0.070), (0.235, 0.205, 0.170), 0.0, 0.0),
    Thing.LOG: ((0.085, 0.060, 0.040), (0.200, 0.148, 0.100), 0.0, 0.0),
    Thing.SHINGLE: ((0.060, 0.054, 0.050), (0.150, 0.138, 0.125), 0.0, 0.0),
    Thing.PLASTER: ((0.52, 0.50, 0.46), (0.72, 0.70, 0.66), 0.0, 0.0),
    Thing.MASONRY: ((0.135, 0.125, 0.110), (0.290, 0.270, 0.240), 0.0, 0.0),
    Thing.PAINT: ((0.235, 0.040, 0.026), (0.330, 0.062, 0.040), 0.0, 0.0),
    Thing.HULL: ((0.30, 0.33, 0.33), (0.52, 0.54, 0.52), 0.0, 0.0),
    Thing.PANE: ((0.020, 0.023, 0.026), (0.045, 0.050, 0.055), 0.0, 1.7),
    Thing.DARK: ((0.012, 0.011, 0.010), (0.030, 0.027, 0.024), 0.0, 0.0),
    Thing.THATCH: ((0.120, 0.092, 0.052), (0.260, 0.205, 0.120), 0.0, 0.0),
    Thing.FROND: ((0.034, 0.062, 0.012), (0.120, 0.160, 0.036), 0.55, 0.0),
    Thing.PALM_BARK: ((0.110, 0.092, 0.072), (0.240, 0.210, 0.170), 0.0, 0.0),
    Thing.REED: ((0.070, 0.075, 0.026), (0.210, 0.190, 0.080), 0.45, 0.0),
    Thing.HUSK: ((0.050, 0.060, 0.016), (0.120, 0.105, 0.036), 0.0, 0.0),
    Thing.LANTERN: ((0.40, 0.40, 0.38), (0.60, 0.60, 0.56), 0.0, 14.0),
    Thing.SANDSTONE: ((0.270, 0.180, 0.108), (0.480, 0.345, 0.225), 0.0, 0.0),
    Thing.BONE: ((0.46, 0.42, 0.35), (0.68, 0.64, 0.56), 0.0, 0.0),
}
_GLOW = (1.0, 0.56, 0.22)
_BEACON = (1.0, 0.86, 0.62)


@lru_cache(maxsize=1)
def _table() -> Tensor:
    """(8, T): dark, light, through, glow of each stuff."""
    rows = [[*d, *b, t, g] for d, b, t, g in (_STUFFS[thing] for thing in Thing)]
    return torch.tensor(rows).T.contiguous()


def shade_props(
    world: TerrainWorld, things: Things, card: Tensor, position: Tensor, direction: Tensor, distance: Tensor,
    light: Light,
) -> Tensor:
    """Radiance (3, M) of things.

    Args:
        world: whose shadows.
        things: all of them; card: (M,) which card each sample sees.
        position, direction: (3, M); distance: (M,) along the rays.
        light: the scene's.
    """
    x, y, z = position
    kind = things.stuff[card]
    stuff = _table()[:, kind]
    tint, depth = things.tint[card], things.depth[card]
    normal = things.outward[card].T
    # both sides of a card are seen; a thin one is lit from the side that is looked at
    away = (normal * direction).sum(0) > 0
    thin = stuff[6] > 0
    normal = torch.where(away & ~thin, -normal, normal)
    grain = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
    fade = smoothstep(70, 8, distance)
    along = torch.where(normal[0].abs() > normal[1].abs(), y, x)
    upright = normal[2].abs() < 0.6
    u = torch.where(upright, along, x)
    v = torch.where(upright, z, y)
    got = lookup(grain[:2], u * 0.35, v, 2.9)
    broad = lookup(grain[0], u, v, 23.0)
    tone = 0.5 + 0.15 * tint + (0.20 * got[0] + 0.05 * got[1]) * fade + 0.12 * broad
    albedo = torch.stack([stuff[i] + (stuff[3 + i] - stuff[i]) * tone.clamp(0, 1) for i in range(3)])
    season = light.scene.season
    reed = kind == Thing.REED
    if bool(reed.any()):
        straw = between((0.120, 0.092, 0.045), (0.300, 0.235, 0.125), tone)
        green = between(*ring.grass(season), tone + 0.2 * (depth - 0.5)) * 1.1
        ripe = min(1.0, max(0.15, abs((season - 1.15 + 2) % 4 - 2) * 0.8))
        albedo = torch.where(reed, lay(green, straw, torch.full_like(x, ripe)), albedo)
    stone = torch.nonzero(((kind == Thing.MASONRY) | (kind == Thing.SANDSTONE)) & (distance < 90)).squeeze(1)
    if stone.numel():
        joint = _courses(u[stone], v[stone], got[0, stone])
        albedo[:, stone] *= 1 - 0.42 * joint * smoothstep(90, 25, distance[stone])
    if light.scene.wear > 0.5:
        albedo = _aged(albedo, kind, got[0] * fade + broad, z, (light.scene.wear - 0.5) * 2)
    snowy = light.snow if not world.land.erodes else max(light.snow, min(1.0, 1.2 * ring.ground_snow(season)))
    up = torch.where(thin, normal[2].abs() * 0.6, normal[2])
    snow = snowy * smoothstep(0.25, 0.6, up + 0.12 * got[1]) * torch.where(thin, 0.35, 0.95)
    albedo = lay(albedo, _SNOW, snow)
    level = world.land.water_m
    damp = torch.full_like(x, 0.4 * light.wetness)
    if level is not None:
        damp = torch.maximum(damp, 0.55 * smoothstep(level + 0.55, level + 0.15, z))
    albedo = albedo * (1 - damp * (1 - snow))
    sun = [float(c) for c in light.sun_direction]
    facing = normal[0] * sun[0] + normal[1] * sun[1] + normal[2] * sun[2]
    lit = torch.where(thin, 0.25 + 0.75 * facing.abs(), facing.clamp(min=0))
    behind = (direction[0] * sun[0] + direction[1] * sun[1] + direction[2] * sun[2]).clamp(min=0) ** 2
    lit = lit + stuff[6] * behind
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        # a step out of the thing itself, which throws a shadow on its own foot
        step = 1.1 + 0.4 * thin
        px, py = x + normal[0] * 0.5 + sun[0] * step, y + normal[1] * 0.5 + sun[1] * step
        over = shadow.with_grid(clip_grid(px, py, shadow.size))[1] - z - sun[2] * step
        lit = lit * smoothstep(1.2, -0.4, over)
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position.T, light.sun_direction)
    inner = 0.35 + 0.65 * depth
    above = (0.85 + 0.65 * normal[2]).clamp(min=0.2) * inner
    below = (0.65 - 0.45 * normal[2]) * inner
    lit = lit * (0.4 + 0.6 * depth)
    parts = zip(
        light.sun_irradiance.tolist(), light.sky_irradiance.tolist(), light.ground_bounce.tolist(), albedo, strict=True
    )
    radiance = torch.stack([a * (lit * e + above * s + below * b) * (1 / math.pi) for e, s, b, a in parts])
    pane = kind == Thing.PANE
    if bool(pane.any()):
        mirrored = direction - 2 * (direction * normal).sum(0) * normal
        mirrored[2] = mirrored[2].abs().clamp(min=0.02)
        sky = light.sky.radiance(mirrored[:, pane].T).T
        radiance[:, pane] = radiance[:, pane] + 0.10 * sky
    dark = _evening(light.sun_elevation_deg)
    if dark > 0:
        lived_in = min(1.0, max(0.0, (0.86 - light.scene.wear) / 0.14))  # nobody lights a lamp in a derelict house
        glow = stuff[7] * (dark * lived_in * (0.30 / max(light.exposure, 1e-6)))
        color = torch.where((kind == Thing.LANTERN)[None], _column(_BEACON), _column(_GLOW))
        radiance = radiance + glow * color
    return radiance


def _courses(u: Tensor, v: Tensor, uneven: Tensor) -> Tensor:
    """0–1 in the joints of squared stone: courses of half a metre, each shifted against the one below."""
    row = v / 0.46
    number = row.floor()
    along = u / (0.78 + 0.22 * (number * 0.618034).remainder(1.0)) + (number * 0.7548777).remainder(1.0)
    lying = (row - number - 0.5).abs()
    upright = (along - along.floor() - 0.5).abs()
    wide = 0.012 * uneven
    return torch.maximum(smoothstep(0.43, 0.49, lying + wide), 0.8 * smoothstep(0.46, 0.495, upright + wide))


def _aged(albedo: Tensor, kind: Tensor, noise: Tensor, z: Tensor, age: float) -> Tensor:
    """Paint flakes to grey boards, plaster is stained, roofs and stone grow moss; age 0–1."""
    gone = smoothstep(1.1 - 1.9 * age, 1.7 - 1.9 * age, noise)
    boards = between((0.085, 0.078, 0.070), (0.210, 0.198, 0.180), 0.5 + 0.25 * noise)
    painted = ((kind == Thing.PAINT) | (kind == Thing.HULL)).float()
    albedo = lay(albedo, boards, painted * (0.25 * age + 0.75 * gone))
    stained = lay(albedo, (0.20, 0.175, 0.14), (0.25 * age + 0.5 * gone).clamp(0, 0.75))
    albedo = torch.where(kind == Thing.PLASTER, stained, albedo)
    mossy = ((kind == Thing.SHINGLE) | (kind == Thing.MASONRY) | (kind == Thing.PLANK)).float()
    return lay(albedo, (0.048, 0.062, 0.022), mossy * 0.62 * age * smoothstep(0.2, 1.3, noise + 0.3 * torch.sin(z)))


def _column(color: Color) -> Tensor:
    return torch.tensor(color)[:, None]


def _evening(sun_elevation_deg: float) -> float:
    """0 by day, 1 when lamps are lit."""
    share = min(1.0, max(0.0, (3.0 - sun_elevation_deg) / 6.0))
    return share * share * (3 - 2 * share)
