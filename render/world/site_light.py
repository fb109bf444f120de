"""Light that passes between a site's land and what is built on it, in both directions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from render.light.base import Light
from render.world.built import BuiltWorld, spin
from render.world.built_light import lamp_unit
from render.world.clipmap import clip_grid
from render.world.place import F64, rotation
from render.world.quads_scene import Material, MeshBuilder
from render.world.terrain import TerrainWorld


def lay_ground_nodes(
    b: MeshBuilder, half_m: float, count: int, height: Tensor, tint: tuple[float, float, float]
) -> None:
    """Give a mesh an unseen sheet of ground whose nodes learn what houses and lamps do to the land.

    Args:
        b: where; half_m: half the side of the square around the own origin; count: nodes a side.
        height: (count, count) metres, rows along own x. tint: mean albedo of the land, which throws light back.
    """
    axis = np.linspace(-half_m, half_m, count)
    grid: F64 = np.stack([*np.meshgrid(axis, axis, indexing="ij"), height.double().numpy(force=True) + 0.12], -1)
    b.loft(grid, Material.UNSEEN, tint, casts=False)


class SiteLight:
    """What houses do to the land (`fall`), and what hills and clouds do to the houses (`arrives`)."""

    def __init__(self, land: TerrainWorld, built: BuiltWorld, half_m: float, *, coarse: bool) -> None:
        self._land, self._built, self._half_m, self._coarse = land, built, half_m, coarse
        nodes, mesh = built.lighting.nodes, built.place.mesh
        self._nodes = (mesh.material[nodes.quad] == Material.UNSEEN).nonzero().squeeze(1)
        self._count = round(self._nodes.numel() ** 0.5)
        self._own_from_world = torch.as_tensor(rotation(built.place.heading_deg)).T.float()[:2, :2]
        baked = built.lighting.baked()
        known = torch.cat([baked.openness[self._nodes, None], baked.lamplight[self._nodes]], 1)
        self._map = known.T.reshape(4, self._count, self._count).contiguous()

    def fall(self, position: Tensor, normal_z: Tensor, light: Light) -> tuple[Tensor, Tensor, Tensor]:
        """What reaches points of the land; see `Around.fall`."""
        points = position.T.contiguous()
        own = points[:, :2] @ self._own_from_world
        # rows of the map run along own x, so that own y is grid_sample's first coordinate
        grid = torch.stack([own[:, 1], own[:, 0]], 1) * (1 / self._half_m)
        inside = (grid.abs().amax(1) < 1).float()
        got = torch.nn.functional.grid_sample(
            self._map[None], grid[None, None], align_corners=True, padding_mode="border"
        )[0, :, 0]
        edge = ((1 - grid.abs().amax(1)) * 6).clamp(0, 1)
        opening = 1 + (got[0] - 1) * edge
        lamps = got[1:] * (inside * edge * lamp_unit(light) * (0.35 + 0.65 * normal_z.clamp(0, 1)))
        sun = torch.ones(points.shape[0])
        hour = self._built.hour(light, coarse=self._coarse)
        if hour.sun is not None:
            near = (grid.abs().amax(1) < 1.25).nonzero().squeeze(1)
            if near.numel():
                up = torch.zeros(near.numel(), 3)
                up[:, 2] = 1
                sun[near] = hour.sun.lit(points[near], up, spin(points[near]))
        return sun, opening, lamps

    def arrives(self, position: Tensor, light: Light) -> Tensor:
        """Share of the sun (M,) that hills, trees and clouds leave to world points (M, 3) of built things."""
        x, y, z = position.unbind(1)
        shadow = self._land.sun_shadow(light.sun_direction)
        top = shadow.with_grid(clip_grid(x, y, shadow.size))[1]  # up to where the land's shadow reaches
        share = (1 - (top - z + 0.4) / 1.6).clamp(0, 1)
        if light.clouds is not None:
            share = share * light.clouds.shadow(position, light.sun_direction)
        return share
