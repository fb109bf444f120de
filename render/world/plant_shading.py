"""Shading of near plants and boulders: crown normals instead of card normals, shade inside the crown, snow on top."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from render.light.base import Light
from render.world import season as ring
from render.world.clipmap import clip_grid
from render.world.colors import between, lay
from render.world.noise import lookup, smoothstep, stack
from render.world.plants import Plants, Stuff

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_SNOW = (0.80, 0.83, 0.87)


def shade_plants(
    world: TerrainWorld, plants: Plants, card: Tensor, position: Tensor, direction: Tensor, distance: Tensor,
    light: Light,
) -> Tensor:
    """Radiance (3, M) of cards.

    Args:
        world: whose shadows.
        plants: all plants; card: (M,) which card each sample sees.
        position, direction: (3, M); distance: (M,) along the rays.
        light: the scene's.
    """
    x, y, z = position
    stuff, depth, tint = plants.stuff[card], plants.depth[card], plants.tint[card]
    normal = plants.outward[card].T
    grain = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
    fade = smoothstep(110, 20, distance)
    fine = lookup(grain[:2], x + 0.7 * z, y - 0.6 * z, 3.7)
    tone = 0.5 + 0.20 * tint + 0.26 * fine[0] * fade
    season = light.scene.season
    albedo = between((0.022, 0.042, 0.016), (0.078, 0.098, 0.034), tone + 0.25 * (depth - 0.5))
    leafy = stuff == Stuff.LEAVES
    stone, bark, grass = stuff == Stuff.STONE, stuff == Stuff.BARK, stuff == Stuff.GRASS
    albedo = torch.where(leafy, between(*ring.leaves(season), tone + 0.35 * (depth - 0.6)), albedo)
    albedo = torch.where(bark, between((0.055, 0.045, 0.035), (0.12, 0.10, 0.08), tone), albedo)
    albedo = torch.where(grass, between(*ring.grass(season), tone + 0.25 * (depth - 0.4)) * 1.15, albedo)
    mottle = lookup(grain[0], x - 0.4 * z, y + 0.8 * z, 21.0)
    rock = between(*world.land.stone, 0.5 + 0.16 * mottle + 0.25 * fine[0] * fade + 0.15 * tint)
    albedo = torch.where(stone, rock, albedo)
    lying = light.snow
    old = ring.ground_snow(season) if world.land.erodes else 0.0
    snow = max(lying, 0.8 * old) * smoothstep(0.25, 0.65, normal[2] + 0.18 * fine[1]) * smoothstep(0.35, 0.8, depth)
    albedo = lay(albedo, _SNOW, snow * torch.where(bark | grass, 0.25, 0.92))
    albedo = albedo * (1 - 0.35 * light.wetness)
    sun = [float(v) for v in light.sun_direction]
    push = 0.35 * fade * fine[1] * stone
    facing = normal[0] * sun[0] + normal[1] * sun[1] + (normal[2] + push) * sun[2]
    wrap = torch.where(stone | bark, 0.0, 0.35)
    lit = ((facing + wrap) / (1 + wrap)).clamp(min=0)
    # Light through leaves when the sun stands behind them.
    through = (direction[0] * sun[0] + direction[1] * sun[1] + direction[2] * sun[2]).clamp(min=0) ** 3
    lit = lit + torch.where(leafy | grass, 0.45, 0.12) * through * (1 - stone.float())
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        reach = torch.where(stone, 0.3, 2.4) / max(math.hypot(sun[0], sun[1]), 0.3)  # step out of the own crown
        lit = lit * shadow.with_grid(clip_grid(x + sun[0] * reach, y + sun[1] * reach, shadow.size))[0]
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position.T, light.sun_direction)
    lamps: Tensor | None = None
    if world.around is not None:
        beam, _, lamps = world.around.fall(position, normal[2], light)
        lit = lit * beam
    inner = torch.where(stone, 0.5 + 0.5 * depth, 0.25 + 0.75 * depth * depth)
    above = (0.90 + 0.70 * normal[2]) * inner
    below = (0.65 - 0.5 * normal[2]) * inner
    lit = lit * torch.where(stone, 1.0, 0.30 + 0.70 * depth)
    parts = zip(
        light.sun_irradiance.tolist(), light.sky_irradiance.tolist(), light.ground_bounce.tolist(), albedo, strict=True
    )
    radiance = torch.stack([a * (lit * e + above * s + below * b) * (1 / math.pi) for e, s, b, a in parts])
    return radiance if lamps is None else radiance + albedo * lamps * (inner / math.pi)
