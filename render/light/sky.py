"""The sky seen from the ground: a table of clear air per sun elevation, overcast mixed in, the moonlit night."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from render.light.atmosphere import Atmosphere, atmosphere, march

_ELEVATIONS, _AZIMUTHS, _STEPS = 96, 64, 24
_EYE_HEIGHT_M = 300.0


@dataclass(frozen=True)
class SkyTable:
    """Clear-air radiance (3, 96, 64) over elevation (square root spaced) and azimuth from the sun (0–π)."""

    table: Tensor

    def fetch(self, direction: Tensor, sun_azimuth: float) -> Tensor:
        """(M, 3) radiance for unit directions (M, 3); below the horizon the horizon's colour."""
        elevation = torch.asin(direction[:, 2].clamp(0, 1))
        azimuth = torch.atan2(direction[:, 0], direction[:, 1]) - sun_azimuth
        azimuth = (azimuth + math.pi).remainder(2 * math.pi) - math.pi
        v = torch.sqrt(elevation * (2 / math.pi))
        grid = torch.stack([azimuth.abs() * (2 / math.pi) - 1, v * 2 - 1], -1)[None, None]
        got = torch.nn.functional.grid_sample(self.table[None], grid, align_corners=True, padding_mode="border")
        return got[0, :, 0].T

    def level_irradiance(self) -> Tensor:
        """(3,) irradiance on level ground."""
        v = torch.linspace(0, 1, _ELEVATIONS)
        elevation = v * v * (math.pi / 2)
        weight = torch.sin(elevation) * torch.cos(elevation) * v * math.pi  # de = v π dv
        weight = weight * (2 * math.pi) / (_ELEVATIONS - 1)
        return (self.table.double().mean(2) * weight).sum(1).float()


@lru_cache(maxsize=64)
def sky_table(elevation_milliradian: int) -> SkyTable:
    """The table for a sun at this elevation; about 20 ms, then remembered."""
    air: Atmosphere = atmosphere()
    elevation = elevation_milliradian / 1000
    v = torch.linspace(0, 1, _ELEVATIONS)
    rise = v * v * (math.pi / 2)
    azimuth = torch.linspace(0, math.pi, _AZIMUTHS)
    flat = torch.cos(rise)[:, None]
    direction = torch.stack(
        [flat * torch.sin(azimuth), flat * torch.cos(azimuth), torch.sin(rise)[:, None].expand(-1, _AZIMUTHS)], -1
    )
    sun = torch.tensor([0.0, math.cos(elevation), math.sin(elevation)])
    radiance, _ = march(air, _EYE_HEIGHT_M, direction, sun, _STEPS)
    red, green, blue = radiance.permute(2, 0, 1)
    # Eyes see less of deep blue the darker it is, and a screen turns it purple: take some back once the sun is down.
    fade = min(1.0, max(0.0, (-0.03 - elevation) / 0.10))
    excess = (blue - torch.maximum(red, green)).clamp(min=0) * (fade * fade * (3 - 2 * fade))
    return SkyTable(torch.stack([red + 0.03 * excess, green + 0.10 * excess, blue - 0.28 * excess]))


def sun_through_air(sin_elevation: float) -> Tensor:
    """(3,) share of sunlight that reaches the ground."""
    return atmosphere().towards(torch.tensor([_EYE_HEIGHT_M]), torch.tensor([sin_elevation]))[0]


@dataclass(frozen=True)
class MixedSky:
    """Day, dusk, night, overcast and the glow of a town in one: what `Light.sky` is for every scene.

    Args:
        day, day_azimuth: clear-air table of the sun and the sun's azimuth in radians, clockwise from north.
        night, night_azimuth: the moon's, already scaled by `night_gain` on lookup.
        overcast: 0–1 share of a closed cloud cover, whose zenith radiance is `cover_radiance` (3,).
        cover_glow: (3,) radiance of the cover around the sun or moon, which stands along `towards` (3,).
        storm: 0–1, how far the cover is dark overhead and bright at its foot instead of the other way round.
        floor: (3,) airglow and starlight.
        veil: 0–1 how far fog or dust hides the sky, and `veil_radiance` (3,) its colour.
        town: (3,) radiance that lamps below throw on the air above the horizon.
    """

    day: SkyTable
    day_azimuth: float
    night: SkyTable | None
    night_azimuth: float
    night_gain: Tensor
    overcast: float
    cover_radiance: Tensor
    cover_glow: Tensor
    towards: Tensor
    storm: float
    floor: Tensor
    veil: float
    veil_radiance: Tensor
    town: Tensor
    has_town: bool = False

    def radiance(self, direction: Tensor) -> Tensor:
        """Scene-linear radiance (M, 3) for unit directions (M, 3); no sun disk, no single clouds."""
        got = self.day.fetch(direction, self.day_azimuth) + self.floor
        if self.night is not None:
            got = got + self.night.fetch(direction, self.night_azimuth) * self.night_gain
        rise = direction[:, 2:3].clamp(0, 1)
        if self.overcast > 0:
            dome = (1 + 2 * rise) / 3
            if self.storm > 0:
                dark = 0.42 + 0.85 * torch.exp(-rise * 7.0)
                dome = dome + (dark - dome) * self.storm
            near_sun = ((direction * self.towards).sum(1, keepdim=True) * 0.5 + 0.5).clamp(0, 1) ** 9
            got = torch.lerp(got, self.cover_radiance * dome + self.cover_glow * near_sun, self.overcast)
        if self.veil > 0:
            thick = self.veil * torch.exp(-rise * (6 * (1 - self.veil) + 0.15))
            got = got + (self.veil_radiance - got) * thick
        if self.has_town:
            got = got + self.town * (torch.exp(-rise * 4.5) * (0.75 + 0.25 * self.overcast) + 0.45 * self.overcast)
        return got
