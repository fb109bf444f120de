"""Which function makes which material, and the season's and weather's part that all share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from render.materials import facade, ground, indoor, shopfront, things
from render.materials.base import Mood, Patch, Surface, color, mix, smooth
from render.materials.noise import tile
from render.world.quads_scene import Material

MATERIALS: dict[Material, Callable[[Patch, Mood], Surface]] = {
    Material.PLAIN: things.plain,
    Material.FACADE: facade.facade,
    Material.SHOP: shopfront.shop,
    Material.ROAD: ground.road,
    Material.PAVEMENT: ground.pavement,
    Material.LEAF: things.leaf,
    Material.PAINT: things.paint,
    Material.GLOW: things.glow,
    Material.ROOF: ground.roof,
    Material.PLANKS: things.planks,
    Material.CLOTH: things.cloth,
    Material.RUG: things.rug,
    Material.WALLPAPER: things.wallpaper,
    Material.CURTAIN: things.curtain,
    Material.ART: things.art,
    Material.SIGN: things.sign,
    Material.SETTS: ground.setts,
    Material.NEON: things.neon,
    Material.SCREEN: things.screen,
    Material.MASONRY: facade.masonry,
    Material.STONE: indoor.stone,
    Material.TILES: indoor.tiles,
    Material.CARPET: indoor.carpet,
    Material.PANELS: indoor.panels,
    Material.CONCRETE: indoor.concrete,
    Material.MONITOR: indoor.monitor,
    Material.RIBBED: indoor.ribbed,
    Material.STAINED: indoor.stained,
    Material.METAL: indoor.metal,
    Material.BRICKS: indoor.bricks,
    Material.FROSTED: indoor.frosted,
    Material.CARTON: indoor.carton,
    Material.PANEL_LIGHT: indoor.panel_light,
}


LIVE = frozenset({
    Material.FACADE, Material.SHOP, Material.GLOW, Material.SIGN, Material.NEON, Material.SCREEN, Material.MONITOR,
    Material.PANEL_LIGHT, Material.STAINED, Material.FROSTED,
})
"""Materials that change with the hour: they shine, or mirror the sky. Others know only wet, snow, wear, season."""


class Finish:
    """The surfaces of one set of points, kept while only the hour changes: then only LIVE ones are made again."""

    def __init__(self, patch: Patch, material: Tensor) -> None:
        self._patch, self._material = patch, material
        kinds = (Material(kind) for kind in torch.unique(material).tolist())
        picked = [(kind, (material == kind).nonzero().squeeze(1)) for kind in kinds]
        self._parts = [(kind, index, patch.pick(index)) for kind, index in picked]
        self._out = Surface.plain(patch)
        self._key: tuple[float, ...] | None = None

    def under(self, mood: Mood) -> Surface:
        """Every point as it answers light in a mood, snow laid."""
        key = (mood.wet, mood.snow, mood.wear, mood.leaf, mood.autumn, mood.fresh)
        for kind, index, part in self._parts:
            if kind in LIVE or key != self._key:
                self._out.put(index, MATERIALS[kind](part, mood))
        self._key = key
        out = replace(self._out)
        if mood.snow > 0.02 and not mood.indoors:
            _snow(out, self._patch, self._material, mood)
        return out


def _snow(out: Surface, p: Patch, material: Tensor, mood: Mood) -> None:
    """Snow on what faces up under open sky; thin on the road's wheel tracks."""
    drift = tile(p.position[:, 0] * 0.06, p.position[:, 1] * 0.06 + p.position[:, 2] * 0.04)
    amount = smooth(0.35, 0.75, p.normal[:, 2] + 0.10 * drift[:, 1]) * smooth(0.15, 0.5, p.open)
    cover = smooth(0.0, 0.5, mood.snow * 1.25 - 0.22 + 0.22 * drift[:, 2])
    half = p.params[:, 0]
    track = torch.exp(-(((p.street[:, 0].abs() - half * 0.5).abs() - 0.75) / 0.42) ** 2)
    road = (material == Material.ROAD) & (p.params[:, 1] > 0.5)
    slush = torch.where(road, 0.85 * track + 0.25, 0.0) + torch.where(material == Material.PAVEMENT, 0.12, 0.0)
    share = (amount * cover * (1 - slush * (1.15 - 0.5 * mood.snow))).clamp(0, 1)
    out.albedo = mix(out.albedo, color(0.80, 0.83, 0.88), share)
    out.normal = torch.nn.functional.normalize(mix(out.normal, p.normal, share), dim=1)
    out.gloss = out.gloss * (1 - share)
    out.emission = out.emission * (1 - share)[:, None]
    out.through = out.through * (1 - share)
