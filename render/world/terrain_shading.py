"""Shading of terrain: recipe colour, detail from world noise, strata on steep faces, snow, wetness, sun and sky."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from render.gbuffer import GBuffer
from render.light.base import Light
from render.world.clipmap import clip_grid
from render.world.land import Hit, Paint
from render.world.noise import FEATURES, lookup, mix, smoothstep, stack
from render.world.water import shade_water

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_WATER = 1
_SNOW = (0.80, 0.83, 0.87)


def shade_terrain(world: TerrainWorld, g: GBuffer, which: Tensor, light: Light) -> Tensor:
    """Radiance (M, 3) of the surfaces `which` (M,) of g, before air."""
    result = torch.zeros(which.numel(), 3)
    water = g.material[which] == _WATER
    dry = torch.nonzero(~water).squeeze(1)
    if dry.numel():
        at = which[dry]
        result[dry] = shade_ground(world, g.position_m[at], g.direction[at], _distance(g, at), light)
    wet = torch.nonzero(water).squeeze(1)
    if wet.numel():
        at = which[wet]
        result[wet] = shade_water(world, g.position_m[at], g.direction[at], _distance(g, at), light)
    return result


def shade_ground(
    world: TerrainWorld, position: Tensor, direction: Tensor, distance: Tensor, light: Light, detail: bool = True
) -> Tensor:
    """Radiance (M, 3) of dry ground and crowns.

    Args:
        world: whose ground.
        position: (M, 3); direction: (M, 3) of the rays that met it; distance: (M,) along them.
        light: what falls on it.
        detail: small-scale grain and strata; off for reflections.
    """
    x, y, z = position.unbind(1)
    got = world.layers.with_grid(clip_grid(x, y, world.layers.size))
    gx, gy, opening, cover, ground = got
    broad = stack("broad a", "broad b")
    n9 = lookup(broad[0], x, y, 9 * FEATURES)
    n60, n420 = lookup(broad[1], x, y, 60 * FEATURES), lookup(broad[0], y, x, 420 * FEATURES)
    steep = torch.sqrt(gx * gx + gy * gy)
    crown = smoothstep(0.25, 0.6, cover)
    water = world.land.water_m
    hit = Hit(
        x=x, y=y, z=z, steep=steep, flat=1 / torch.sqrt(1 + steep * steep), canopy=crown, hollow=opening,
        distance=distance, above_water=ground - water if water is not None else torch.full_like(x, 1e4), n9=n9, n60=n60,
        n420=n420,
    )
    paint = world.land.paint(hit, light.scene)
    albedo = paint.albedo
    if detail:
        albedo, gx, gy = _grain(paint, hit, albedo, gx, gy, world.land.strata_m)
    flat = 1 / torch.sqrt(1 + gx * gx + gy * gy)
    snow = _snow(paint, hit, flat, light)
    albedo = mix(albedo, torch.tensor(_SNOW), snow[:, None])
    if light.wetness or water is not None:
        damp = torch.full_like(x, light.wetness) * (1 - snow)
        if water is not None:
            damp = torch.maximum(damp, smoothstep(1.3, 0.2, hit.above_water) * (1 - crown) * (1 - snow))
        albedo = albedo * (1 - 0.48 * damp)[:, None]
    normal = torch.stack([-gx * flat, -gy * flat, flat], 1)
    facing = normal[:, 0] * light.sun_direction[0] + normal[:, 1] * light.sun_direction[1]
    facing = facing + normal[:, 2] * light.sun_direction[2]
    wrap = 0.32 * crown
    lit = ((facing + wrap) / (1 + wrap)).clamp(min=0)
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        lit = lit * shadow.with_grid(clip_grid(x, y, shadow.size))[0]
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position, light.sun_direction)
    depth = opening * (1 - 0.25 * crown)
    ambient = light.sky_irradiance * (depth * (0.55 + 0.45 * flat))[:, None]
    bounce = light.ground_bounce * (depth * (0.5 - 0.5 * flat) + 0.12 * steep.clamp(max=1) * depth)[:, None]
    radiance = albedo * (light.sun_irradiance * lit[:, None] + ambient + bounce) * (1 / math.pi)
    if light.wetness and detail:
        radiance = radiance + _sheen(normal, direction, light, lit) * (1 - crown)[:, None]
    return radiance


def _grain(
    paint: Paint, hit: Hit, albedo: Tensor, gx: Tensor, gy: Tensor, strata_m: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Light and dark and small relief at three scales, each fading before it would alias; bands on steep rock."""
    fine = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
    tone = torch.zeros_like(hit.x)
    push_x, push_y = torch.zeros_like(hit.x), torch.zeros_like(hit.x)
    u, v = hit.x + 0.6 * hit.z, hit.y + 0.6 * hit.z
    for period, near, far, weight, relief, turn in (
        (3.1 * 4, 6.0, 70.0, 0.80, 0.42, 0.92), (17.3 * 4, 50.0, 480.0, 0.55, 0.34, -0.92), (83.0 * 4, 300.0, 3000.0, 0.40, 0.26, 0.4),
    ):
        fade = smoothstep(far, near, hit.distance)
        c, s = math.cos(turn), math.sin(turn)
        got = lookup(fine, u * c - v * s, u * s + v * c, period)
        tone = tone + weight * fade * got[0]
        push_x = push_x + relief * fade * got[1]
        push_y = push_y + relief * fade * got[2]
    tone = tone * 0.42 * paint.grain
    push_x, push_y = push_x * paint.bump, push_y * paint.bump
    cliff = smoothstep(0.75, 1.15, hit.steep) * paint.strata
    at = torch.nonzero(cliff > 0.02).squeeze(1)
    if at.numel():
        cx, cy, cz, share = hit.x[at], hit.y[at], hit.z[at], cliff[at]
        along = (cx * -gy[at] + cy * gx[at]) / hit.steep[at].clamp(min=0.1) * 0.3 + (cx + cy) * 0.7
        bands = lookup(fine, along * 0.10, cz, strata_m)
        cracks = lookup(fine[0], along, cz * 0.35, 26.0)
        near = smoothstep(600, 120, hit.distance[at])
        rough = lookup(fine, along, cz, 7.0 * 2) * near
        tone[at] += share * (0.24 * bands[0] + 0.12 * rough[0] + 0.15 * cracks)
        push = share * (0.30 * bands[1] + 0.30 * rough[1] * near)
        push_x[at] += push * gx[at]
        push_y[at] += push * gy[at]
    return albedo * torch.exp(tone)[:, None], gx + push_x, gy + push_y


def _snow(paint: Paint, hit: Hit, flat: Tensor, light: Light) -> Tensor:
    fallen = torch.full_like(hit.x, light.snow) if light.snow else torch.zeros_like(hit.x)
    lying = torch.maximum(paint.snow, smoothstep(0.0, 1.0, fallen * 1.5 + 0.10 * hit.n9 * fallen))
    limit = 0.52 - 0.20 * lying  # the more there is, the steeper it still lies
    holds = smoothstep(limit, limit + 0.22, flat + 0.05 * hit.n9 + 0.03 * hit.n60)
    shore = smoothstep(0.1, 0.8, hit.above_water)
    return lying * holds * shore * (1 - 0.45 * hit.canopy)


def _sheen(normal: Tensor, direction: Tensor, light: Light, lit: Tensor) -> Tensor:
    """Reflection of the sky in wet ground, weak and broad."""
    facing = -(normal * direction).sum(1).clamp(max=0)
    fresnel = 0.02 + 0.5 * (1 - facing).clamp(0, 1) ** 5
    return light.sky_irradiance * (fresnel * light.wetness * 0.22)[:, None]


def _distance(g: GBuffer, at: Tensor) -> Tensor:
    # planar depth would fade detail by picture position; the ray's length does not
    flat = torch.sqrt(g.direction[at, 0] ** 2 + g.direction[at, 1] ** 2 + g.direction[at, 2] ** 2)
    return g.depth_m[at] * flat
