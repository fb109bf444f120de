"""Shading of terrain: recipe colour, detail from world noise, strata on steep faces, snow, wetness, sun and sky.

Inside, colours and vectors are channels first, (3, M); only the way in and out is (M, 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from render.light.base import Light
from render.world.clipmap import clip_grid
from render.world.colors import lay
from render.world.land import Hit, Paint
from render.world.noise import FEATURES, lookup, smoothstep, stack
from render.world.puddles import mirror_sky, puddles

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_ALPENGLOW = (1.0, 0.46, 0.24)
_SNOW = (0.80, 0.83, 0.87)
# period in metres of the pattern's tile, fade near → far in metres, weight of light and dark, of relief, turn
_GRAINS = (
    (0.52, 0.8, 7.0, 0.95, 0.60, 1.4), (2.3, 2.0, 26.0, 0.85, 0.55, 0.2), (12.4, 12.0, 130.0, 0.80, 0.45, 0.92),
    (69.2, 70.0, 700.0, 0.60, 0.36, -0.92), (332.0, 300.0, 3000.0, 0.40, 0.15, 0.4),
)


def shade_ground(
    world: TerrainWorld, position: Tensor, direction: Tensor, distance: Tensor, light: Light, detail: bool = True,
    tell: Callable[[Tensor], None] | None = None,
) -> Tensor:
    """Radiance (3, M) of dry ground and crowns, before air.

    Args:
        world: whose ground.
        position: (3, M); direction: (3, M) of the rays that met it; distance: (M,) along them, which fades detail.
        light: what falls on it.
        detail: small-scale grain and strata; off for reflections.
        tell: told the albedo (3, M), as weathered.
    """
    x, y, z = position
    grid = clip_grid(x, y, world.layers.size)
    gx, gy, opening, cover, ground = world.layers.with_grid(grid)
    broad = stack("broad a", "broad b")
    n60 = lookup(broad[1], x, y, 60 * FEATURES)
    n420 = lookup(broad[0], y, x, 420 * FEATURES)
    # far away a pixel holds many of its features, and their mean is nothing
    n9 = lookup(broad[0], x, y, 9 * FEATURES) * smoothstep(3200, 700, distance) if detail else n60 * 0
    steep = torch.sqrt(gx * gx + gy * gy)
    # a crown's flank is steep like rock and half bare by its texels' mean: what stands over the ground is crown
    over = ((z - ground - 0.3 - 0.001 * distance) / (0.7 + 0.003 * distance)).clamp(0, 1)
    crown = torch.maximum(smoothstep(0.25, 0.6, cover), over * (cover > 0.02))
    # and no rock lies bare at its foot, where it stands as a wall
    steep = steep * (1 - smoothstep(0.0, 0.12, cover) * smoothstep(700, 350, distance))
    water = world.land.water_m
    hit = Hit(
        x=x, y=y, z=z, steep=steep, east=gx, north=gy, flat=1 / torch.sqrt(1 + steep * steep), canopy=crown,
        hollow=opening, distance=distance, above_water=ground - water if water is not None else torch.full_like(x, 1e4),
        n9=n9, n60=n60, n420=n420,
    )
    paint = world.land.paint(hit, light.scene)
    smooth_x, smooth_y = gx, gy
    albedo = paint.albedo
    if detail:
        tone, gx, gy = _grain(paint, hit, gx, gy, world.land.strata_m)
        albedo = albedo * torch.exp(tone)
        albedo, opening = _foliage(hit, z - ground, albedo, opening)
    if paint.ripple is not None:
        gx, gy = gx + paint.ripple[0] * (1 - light.snow), gy + paint.ripple[1] * (1 - light.snow)
    flat = 1 / torch.sqrt(1 + gx * gx + gy * gy)
    snow = _snow(paint, hit, flat, light)
    albedo = lay(albedo, _SNOW, snow)
    if light.snow or bool((paint.snow > 0).any()):  # snow fills small relief, or low sun would make it grainy
        gx, gy = gx + (smooth_x - gx) * (0.78 * snow), gy + (smooth_y - gy) * (0.78 * snow)
        flat = 1 / torch.sqrt(1 + gx * gx + gy * gy)
    water_share = puddles(hit, ground, snow, light) if detail else None
    if detail and world.micro.height_m > 0:
        gx, gy, opening, albedo = _micro(world, hit, ground, gx, gy, opening, albedo, direction, snow)
        flat = 1 / torch.sqrt(1 + gx * gx + gy * gy)
    if light.wetness or water is not None:
        damp = (1 - snow) * light.wetness
        if water is not None:
            damp = torch.maximum(damp, smoothstep(0.9, 0.1, z - water) * (1 - crown) * (1 - snow))
        albedo = albedo * (1 - 0.48 * damp)
    if light.dust:
        albedo = lay(albedo, (0.40, 0.29, 0.17), 0.5 * light.dust * flat)
    if tell is not None:
        tell(albedo)
    sun = [float(v) for v in light.sun_direction]
    facing = (sun[2] - gx * sun[0] - gy * sun[1]) * flat
    wrap = 0.32 * crown
    lit = ((facing + wrap) / (1 + wrap)).clamp(min=0)
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        lit = lit * shadow.with_grid(clip_grid(x, y, shadow.size))[0]
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position.T, light.sun_direction)
    lamps: Tensor | None = None
    if world.around is not None:
        beam, narrowed, lamps = world.around.fall(position, flat, light)
        lit, opening = lit * beam, opening * narrowed
    depth = opening * (1 - 0.25 * crown)
    # Shade is filled a little more than physics says, as a camera team would fill it.
    # under a storm, dark overhead and bright at its foot, open ground lies dark and walls do not
    above = depth * (0.90 + 0.10 * light.storm + 0.70 * (1 - light.storm) * flat) * _sunny_side(light, gx, gy, flat)
    below = depth * (0.18 + 0.5 - 0.5 * flat + 0.30 * steep.clamp(max=1))
    parts = zip(
        light.sun_irradiance.tolist(), light.sky_irradiance.tolist(), light.ground_bounce.tolist(), albedo, strict=True
    )
    radiance = torch.stack([a * (lit * e + above * s + below * b) * (1 / math.pi) for e, s, b, a in parts])
    glow = _alpenglow(light)
    if glow > 0:  # high slopes that look towards the low sun keep its colour when the valley has lost it
        turned = (-gx * sun[0] - gy * sun[1]) * flat / max(math.hypot(sun[0], sun[1]), 1e-3)
        high = smoothstep(170, 620, z) * (0.22 + 0.78 * turned.clamp(min=0)) * depth * glow
        warm = zip(_ALPENGLOW, albedo, strict=True)
        radiance = radiance + torch.stack([a * high * (share / math.pi) for share, a in warm])
    if lamps is not None:
        radiance = radiance + albedo * lamps * (1 / math.pi)
    if light.wetness and detail:
        facing = (direction[2] - gx * direction[0] - gy * direction[1]) * -flat
        fresnel = 0.02 + 0.5 * (1 - facing).clamp(0, 1) ** 5
        fresnel = fresnel * (1 - crown) * (1 - snow) * (0.07 * light.wetness)
        radiance = radiance + light.sky_irradiance[:, None] * fresnel
    return radiance if water_share is None else mirror_sky(radiance, water_share, direction, light)


def _sunny_side(light: Light, gx: Tensor, gy: Tensor, flat: Tensor) -> Tensor | float:
    """Factor on the light of the sky: a cover is brighter where the sun stands behind it, so land has shape."""
    east, north, up = (float(v) for v in light.sun_direction)
    share = 0.0 if light.by_moon else min(max(up / 0.25, 0.0), 1.0) * light.overcast * (1 - light.wetness)
    if share <= 0:
        return 1.0
    across = 0.5 * share / max(math.hypot(east, north), 1e-3)
    return 1 - across * (gx * east + gy * north) * flat


def _alpenglow(light: Light) -> float:
    """Irradiance that a horizon aglow throws on high slopes; 0 by day, at night and under clouds."""
    low = light.sun_elevation_deg
    if light.by_moon:
        return 0.0
    share = min(max((low + 2.0) / 3.0, 0.0), 1.0) * min(max((10.0 - low) / 6.0, 0.0), 1.0)
    return float(light.sky_irradiance.sum()) * 1.7 * share * (1 - light.precipitation) * (1 - light.overcast)


def _micro(
    world: TerrainWorld, hit: Hit, ground: Tensor, gx: Tensor, gy: Tensor, opening: Tensor, albedo: Tensor,
    direction: Tensor, snow: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gradient, openness and albedo with clumps and hollows near the stage; snow lies over most of them."""
    micro = world.micro
    at = torch.nonzero((hit.distance < 140) & (hit.canopy < 0.5)).squeeze(1)
    if at.numel() == 0:
        return gx, gy, opening, albedo
    footprint = hit.distance[at] * 0.0016 / (-direction[2, at]).clamp(min=0.05) ** 0.5
    east, north, up = micro.slopes(hit.x[at], hit.y[at], ground[at], footprint)
    open_ground = (1 - hit.canopy[at]) * (1 - 0.8 * snow[at])
    gx, gy, opening, albedo = gx.clone(), gy.clone(), opening.clone(), albedo.clone()
    gx[at] += east * open_ground
    gy[at] += north * open_ground
    low = up.clamp(-2.2, 1.2) * open_ground
    opening[at] *= (1 + 0.14 * low).clamp(0.3, 1.2)
    albedo[:, at] *= torch.exp(0.09 * low)
    return gx, gy, opening, albedo


def _foliage(hit: Hit, over_m: Tensor, albedo: Tensor, opening: Tensor) -> tuple[Tensor, Tensor]:
    """Albedo and openness with the boughs of crowns that are part of the ground: clumps up their flanks, dark below.

    Args:
        hit: the points; over_m: (M,) metres above the bare ground.
        albedo: (3, M); opening: (M,).
    """
    at = torch.nonzero((hit.canopy > 0.2) & (over_m > 0.3)).squeeze(1)
    if at.numel() == 0:
        return albedo, opening
    x, y, up, share = hit.x[at], hit.y[at], over_m[at], hit.canopy[at]
    sharp = smoothstep(1400, 250, hit.distance[at])
    boughs = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
    clumps = lookup(boughs[0], x + 0.8 * up, y - 0.7 * up, 31.0)
    clumps = clumps + 0.7 * sharp * lookup(boughs[1], x - 0.6 * up, y + 0.8 * up, 11.0)
    low = smoothstep(6.0, 0.5, up + 1.2 * clumps * sharp) * sharp  # under the boughs, among the stems
    albedo, opening = albedo.clone(), opening.clone()
    albedo[:, at] *= torch.exp(share * (0.24 * clumps * sharp - 0.12)) * (1 - 0.72 * share * low)
    opening[at] *= 1 - 0.45 * share * low
    return albedo, opening


def _grain(paint: Paint, hit: Hit, gx: Tensor, gy: Tensor, strata_m: float) -> tuple[Tensor, Tensor, Tensor]:
    """Log of light and dark, and the gradient with small relief, each scale fading before it would alias."""
    fine = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
    tone = torch.zeros_like(hit.x)
    push_x, push_y = torch.zeros_like(hit.x), torch.zeros_like(hit.x)
    # On walls a pattern of x and y would smear downwards: there the face's own plane carries it.
    wall = hit.steep > 1.1
    across = gx.abs() > gy.abs()
    lean = 0.6 * hit.z * wall  # elsewhere it would draw the pattern out on slopes that rise against an axis
    u = torch.where(wall & across, hit.z * 0.9, hit.x + lean)
    v = torch.where(wall & ~across, hit.z * 0.9, hit.y + lean)
    for period, near, far, weight, relief, turn in _GRAINS:
        at = torch.nonzero(hit.distance < far).squeeze(1)
        if at.numel() == 0:
            continue
        fade = smoothstep(far, near, hit.distance[at])
        c, s = math.cos(turn), math.sin(turn)
        pu, pv = u[at], v[at]
        got = lookup(fine, pu * c - pv * s, pu * s + pv * c, period)
        tone[at] += (0.42 * weight) * fade * got[0]
        push_x[at] += relief * fade * got[1]
        push_y[at] += relief * fade * got[2]
    tone = tone * paint.grain
    push_x, push_y = push_x * paint.bump, push_y * paint.bump
    cliff = smoothstep(0.75, 1.15, hit.steep) * paint.strata
    at = torch.nonzero(cliff > 0.02).squeeze(1)
    if at.numel():
        cx, cy, cz, share = hit.x[at], hit.y[at], hit.z[at], cliff[at]
        along = torch.where(across[at], cy, cx)
        # far walls show their great beds and gullies, near ones the small ones: a pixel never holds several
        bent = cz + 0.22 * along + 26 * hit.n420[at]
        beds = lookup(fine[:2], along * 0.33, bent, 5.3 * strata_m)
        gully = lookup(fine[0], along + 0.3 * cz, cz * 0.4, 560.0)
        tone[at] += share * (0.12 * beds[0] + 0.11 * gully)
        push = share * 0.09 * beds[1]
        middle = hit.distance[at] < 3200
        if bool(middle.any()):
            sharp = smoothstep(3200, 700, hit.distance[at][middle])
            bands = lookup(fine[:2], along[middle] * 0.10, cz[middle], strata_m) * sharp
            cracks = lookup(fine[0], along[middle], cz[middle] * 0.30, 26.0 * 3) * sharp
            some = torch.zeros_like(share)
            some[middle] = 0.24 * bands[0] + 0.15 * cracks
            tone[at] += share * some
            some[middle] = 0.30 * bands[1]
            push += share * some
        close = hit.distance[at] < 500
        if bool(close.any()):
            rough = lookup(fine[:2], along[close], cz[close], 7.0 * 4) * smoothstep(500, 120, hit.distance[at][close])
            part = torch.zeros_like(share)
            part[close] = rough[0]
            tone[at] += share * 0.16 * part
            part[close] = rough[1]
            push += share * 0.30 * part
        push_x[at] += push * gx[at]
        push_y[at] += push * gy[at]
    return tone, gx + push_x, gy + push_y


def _snow(paint: Paint, hit: Hit, flat: Tensor, light: Light) -> Tensor:
    lying = paint.snow
    fresh = torch.zeros_like(lying)
    if light.snow:
        fresh = smoothstep(0.0, 1.0, light.snow * (1.5 + 0.10 * hit.n9))
        lying = torch.maximum(lying, fresh)
    limit = 0.54 - 0.18 * lying  # the more there is, the steeper it still lies
    # by the lie of the land more than by small relief, which it smooths
    holds = 0.80 * hit.flat + 0.20 * flat + 0.03 * hit.n9 + 0.02 * hit.n60 + 0.18 * (0.8 - hit.hollow)
    holds = ((holds - limit) * (1 / 0.42)).clamp(0, 1)  # deep in gullies, thin on ribs
    shore = smoothstep(0.1, 0.8, hit.above_water)
    # crowns shed what has lain for a while: winter woods stand dark on white slopes
    crowns = 1 - (0.86 - 0.34 * fresh) * hit.canopy
    at = torch.nonzero((hit.canopy > 0.2) & (lying > 0.05)).squeeze(1)
    if at.numel():  # and between the stems of bare ones the white ground looks through
        boughs = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
        x, y, z = hit.x[at], hit.y[at], hit.z[at]
        gaps = smoothstep(-0.2, 1.4, lookup(boughs[0], x + 0.5 * z, y - 0.4 * z, 31.0))
        crowns[at] += 0.5 * hit.canopy[at] * gaps * smoothstep(900, 150, hit.distance[at])
    return lying * holds * holds * (3 - 2 * holds) * shore * crowns
