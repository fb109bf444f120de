"""Shading of near plants and stones: crown normals instead of card normals, shade inside the crown, snow on top."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from render.light.base import Light
from render.visibility.cutouts import stencil_index, tones
from render.world import season as ring
from render.world.clipmap import clip_grid
from render.world.colors import lay
from render.world.noise import FEATURES, lookup, smoothstep, stack
from render.world.plants import Plants, Stuff

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_SNOW = (0.80, 0.83, 0.87)
# how light wraps round, how much shines through, how much snow holds, whether it is solid
_WAYS: dict[Stuff, tuple[float, float, float, float]] = {
    Stuff.NEEDLES: (0.35, 0.14, 0.92, 0.0), Stuff.PINE: (0.35, 0.20, 0.62, 0.0), Stuff.LEAVES: (0.38, 0.50, 0.7, 0.0),
    Stuff.BIRCH: (0.38, 0.60, 0.6, 0.0), Stuff.HEDGE: (0.35, 0.35, 0.8, 0.0), Stuff.SAGE: (0.35, 0.25, 0.8, 0.0),
    Stuff.PALM: (0.30, 0.50, 0.3, 0.0), Stuff.GRASS: (0.40, 0.50, 0.25, 0.0), Stuff.REED: (0.40, 0.50, 0.15, 0.0),
    Stuff.FERN: (0.40, 0.55, 0.6, 0.0), Stuff.CORN: (0.40, 0.45, 0.25, 0.0), Stuff.TWIGS: (0.30, 0.05, 0.45, 0.0),
    Stuff.STRAW: (0.10, 0.0, 0.9, 1.0), Stuff.BARK: (0.10, 0.0, 0.35, 1.0), Stuff.RED_BARK: (0.10, 0.0, 0.3, 1.0),
    Stuff.BIRCH_BARK: (0.10, 0.0, 0.25, 1.0), Stuff.DEAD_WOOD: (0.10, 0.0, 0.6, 1.0),
    Stuff.STONE: (0.0, 0.0, 0.92, 1.0), Stuff.TIMBER: (0.0, 0.0, 0.9, 1.0), Stuff.TILES: (0.0, 0.0, 0.92, 1.0),
}  # fmt: skip


def shade_plants(
    world: TerrainWorld, plants: Plants, card: Tensor, uv: Tensor, position: Tensor, direction: Tensor,
    distance: Tensor, light: Light, tell: Callable[[Tensor], None] | None = None,
) -> Tensor:
    """Radiance (3, M) of cards.

    Args:
        world: whose shadows.
        plants: all plants; card: (M,) which card each sample sees; uv: (M, 2) where on it.
        position, direction: (3, M); distance: (M,) along the rays.
        light: the scene's.
        tell: told the albedo (3, M).
    """
    x, y, z = position
    stuff, depth, tint = plants.stuff[card], plants.depth[card], plants.tint[card]
    normal = plants.outward[card].T
    wrap, through_share, snow_share, solid, step = _ways()[:, stuff]
    grain = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
    fade = smoothstep(110, 20, distance)
    fine = lookup(grain[:2], x + 0.7 * z, y - 0.6 * z, 3.7)
    assert plants.quads.cutout is not None
    leaf = tones()[stencil_index(plants.quads.cutout[card], uv[:, 0], uv[:, 1])]
    tone = 0.5 + 0.20 * tint + 0.32 * (depth - 0.55) + leaf * (0.10 + 0.22 * smoothstep(70, 12, distance))
    tone = tone + (0.12 + 0.22 * solid) * fine[0] * fade
    dark, pale = _colors(light.scene.season, world.land.stone)
    share = tone.clamp(-0.1, 1.15)
    albedo = (dark[:, stuff] + (pale - dark)[:, stuff] * share).clamp(min=0.004)
    albedo = _aged(albedo, stuff, normal, uv, position, fine[1], light.scene.season)
    old = ring.ground_snow(light.scene.season) if world.land.erodes else 0.0
    lies = max(light.snow, 0.8 * old)
    sunk: Tensor | None = None
    if lies > 0:
        holds = boughs_hold(stuff, normal[2] + (0.16 * fine[1] + 0.10 * leaf) * fade, depth, uv[:, 1], distance)
        sunk = drifted(stuff, tint, uv[:, 1], x, y, lies)
        albedo = lay(albedo, _SNOW, torch.maximum(lies * holds * snow_share, sunk))
        normal = normal * (1 - sunk)  # what a drift has buried is lit as the drift is
        normal[2] += sunk
    albedo = albedo * (1 - 0.35 * light.wetness)
    if tell is not None:
        tell(albedo)
    sun = [float(v) for v in light.sun_direction]
    push = 0.35 * fade * fine[1] * solid
    facing = normal[0] * sun[0] + normal[1] * sun[1] + (normal[2] + push) * sun[2]
    lit = ((facing + wrap) / (1 + wrap)).clamp(min=0)
    # Light through leaves when the sun stands behind them.
    through = (direction[0] * sun[0] + direction[1] * sun[1] + direction[2] * sun[2]).clamp(min=0) ** 3
    lit = lit + through_share * (through * (0.4 + 0.6 * depth) + 0.35 * (-facing).clamp(min=0))
    if float(light.sun_irradiance.max()) > 0:
        shadow = world.sun_shadow(light.sun_direction)
        # a step out of the own crown, whose shadow is cast by a plain dome
        px, py, pz = (p + n * step for p, n in zip(position, normal, strict=True))
        over = shadow.with_grid(clip_grid(px, py, shadow.size))[1] - pz
        # and some light sifts through every crown
        lit = lit * (1 - (1 - 0.22 * through_share) * smoothstep(-0.5, 1.5, over))
        if light.clouds is not None:
            lit = lit * light.clouds.shadow(position.T, light.sun_direction)
    lamps: Tensor | None = None
    if world.around is not None:
        beam, _, lamps = world.around.fall(position, normal[2], light)
        lit = lit * beam
    inner = 0.30 + 0.70 * depth
    inner = inner + (0.5 + 0.5 * depth - inner) * solid
    inner = inner * (1 + 0.9 * through_share)  # leaves hand light on to each other
    if sunk is not None:  # what lies over a tuft is a drift like those around it
        inner = inner + (1 - inner) * sunk
    above = (0.90 + 0.70 * normal[2]) * inner
    below = (0.65 - 0.5 * normal[2]) * inner
    parts = zip(
        light.sun_irradiance.tolist(), light.sky_irradiance.tolist(), light.ground_bounce.tolist(), albedo, strict=True
    )
    radiance = torch.stack([a * (lit * e + above * s + below * b) * (1 / math.pi) for e, s, b, a in parts])
    return radiance if lamps is None else radiance + albedo * lamps * (inner / math.pi)


def boughs_hold(stuff: Tensor, rise: Tensor, depth: Tensor, across: Tensor, distance: Tensor) -> Tensor:
    """(M,) 0–1 where snow lies on crowns: in caps along the boughs and on top of clumps, never leaf by leaf.

    Args:
        stuff: (M,); rise: (M,) the crown's normal upwards; depth: (M,) 0–1 from inside a crown to its skin.
        across: (M,) 0–1 over the card: the bough runs along the middle of a spray.
        distance: metres; where a spray is a few pixels wide, its caps would sparkle and their mean shows.
    """
    holds = smoothstep(0.20, 0.75, rise) * smoothstep(0.30, 0.80, depth)
    caps = 0.34 + (smoothstep(0.36, 0.12, (across - 0.5).abs()) - 0.34) * smoothstep(90, 30, distance)
    return holds * torch.where(stuff == Stuff.NEEDLES, 1.2 * caps, 1.0)


def drifted(stuff: Tensor, tint: Tensor, height: Tensor, x: Tensor, y: Tensor, lies: float) -> Tensor:
    """(M,) 0–1 how deep grass and stubble are in snow: whole patches to their tips, others stand out of it.

    Args:
        stuff: (M,); tint: (M,) of the plants, which is their luck as well; height: (M,) 0–1 up the blades.
        x, y: (M,) world metres, where drifts lie deep or thin; lies: 0–1 how much snow lies.
    """
    low = (stuff == Stuff.GRASS) | (stuff == Stuff.CORN) | (stuff == Stuff.STRAW) | (stuff == Stuff.FERN)
    luck = (tint * 7.31).remainder(1)
    drift = lookup(stack("broad a", "broad b")[0], x, y, 9 * FEATURES)
    deep = 1.5 * min(1.0, 1.3 * lies) * (0.72 + 0.42 * drift + 0.5 * luck)
    return low * ((deep - height) * 4).clamp(0, 1)


@lru_cache(maxsize=1)
def _ways() -> Tensor:
    """(5, stuffs) wrap, light through, snow held, solid, metres from a card out of the own crown."""
    low = (Stuff.GRASS, Stuff.REED, Stuff.FERN, Stuff.CORN, Stuff.SAGE, Stuff.HEDGE)
    steps = [(0.4 if stuff in low else 0.25 if _WAYS[stuff][3] else 2.6) for stuff in Stuff]
    return torch.tensor([(*_WAYS[stuff], step) for stuff, step in zip(Stuff, steps, strict=True)]).T.contiguous()


def _times(factor: float, color: ring.Color) -> ring.Color:
    red, green, blue = color
    return factor * red, factor * green, factor * blue


def _colors(season: float, stone: tuple[ring.Color, ring.Color]) -> tuple[Tensor, Tensor]:
    """(3, stuffs) dark and light colours in a season."""
    pairs: dict[Stuff, tuple[ring.Color, ring.Color]] = {
        Stuff.NEEDLES: ring.needles(season), Stuff.PINE: ((0.026, 0.048, 0.022), (0.098, 0.120, 0.052)),
        Stuff.LEAVES: ring.leaves(season), Stuff.BIRCH: ring.birch(season), Stuff.HEDGE: ring.hedge(season),
        Stuff.SAGE: ((0.070, 0.075, 0.050), (0.235, 0.230, 0.165)),
        Stuff.PALM: ((0.035, 0.060, 0.016), (0.135, 0.165, 0.050)),
        Stuff.GRASS: (_times(0.95, ring.grass(season)[0]), _times(1.45, ring.grass(season)[1])),
        Stuff.REED: ring.reed(season), Stuff.FERN: ring.fern(season), Stuff.CORN: ring.crop("wheat", season),
        Stuff.TWIGS: ((0.040, 0.032, 0.026), (0.110, 0.090, 0.070)),
        Stuff.STRAW: ((0.17, 0.125, 0.050), (0.44, 0.345, 0.160)),
        Stuff.BARK: ((0.040, 0.033, 0.026), (0.135, 0.115, 0.090)),
        Stuff.RED_BARK: ((0.085, 0.045, 0.022), (0.260, 0.135, 0.065)),
        Stuff.BIRCH_BARK: ((0.14, 0.13, 0.115), (0.60, 0.585, 0.54)),
        Stuff.DEAD_WOOD: ((0.085, 0.075, 0.062), (0.290, 0.260, 0.215)),
        Stuff.STONE: stone, Stuff.TIMBER: ((0.060, 0.042, 0.030), (0.165, 0.120, 0.085)),
        Stuff.TILES: ((0.060, 0.028, 0.020), (0.190, 0.085, 0.055)),
    }  # fmt: skip
    both = torch.tensor([pairs[stuff] for stuff in Stuff])
    return both[:, 0].T.contiguous(), both[:, 1].T.contiguous()


def _aged(
    albedo: Tensor, stuff: Tensor, normal: Tensor, uv: Tensor, position: Tensor, noise: Tensor, season: float
) -> Tensor:
    """Bark's furrows, planks and moss."""
    x, y, z = position
    rough = (stuff == Stuff.BARK) | (stuff == Stuff.RED_BARK) | (stuff == Stuff.DEAD_WOOD)
    grain = stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)
    furrow = lookup(grain[0], (x + y) * 3.0, (x - y) * 3.0 + z * 0.35, 3.1)
    albedo = albedo * torch.where(rough, 1 + 0.30 * furrow.clamp(-1.6, 1.6), 1.0)
    ring_marks = lookup(grain[1], (x + y) * 0.6, z * 3.0, 3.3)
    albedo = albedo * torch.where((stuff == Stuff.BIRCH_BARK) & (ring_marks > 0.9), 0.22, 1.0)
    plank = (stuff == Stuff.TIMBER) & (normal[2].abs() < 0.3)
    albedo = albedo * torch.where(plank, 0.80 + 0.35 * torch.sin((x * normal[1].abs() + y * normal[0].abs()) * 18), 1.0)
    course = (stuff == Stuff.TILES) & (normal[2] > 0.3)
    albedo = albedo * torch.where(course, 0.82 + 0.25 * ((uv[:, 1] * 16).remainder(1)) + 0.12 * noise, 1.0)
    return albedo
