"""Light: what hour, weather and season make of the air, for surfaces and film. The sun above the air gives 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from render.scene import Scene


class Sky(Protocol):
    """Radiance of the sky seen along directions."""

    def radiance(self, direction: Tensor) -> Tensor:
        """Scene-linear radiance (M, 3) for unit directions (M, 3), sun disk and clouds left out."""
        ...


class Clouds(Protocol):
    """A deck of single clouds standing in the world."""

    def march(self, eye_m: Tensor, direction: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Radiance (M, 3) of clouds along unit rays (M, 3), and the share (M,) of the sky behind that still shows."""
        ...

    def fray(self, eye_m: Tensor, direction: Tensor, pixel_rad: float) -> Tensor:
        """Fine structure (M,) of about unit range of the clouds along rays (M, 3), without what pixels of this angle
        could not hold."""
        ...

    def mirrored(self, radiance: Tensor, direction: Tensor, eye_m: Tensor) -> Tensor:
        """Radiance (M, 3) of the sky with the clouds over it as ripples show them: quickly, without a march."""
        ...

    def shadow(self, position: Tensor, towards: Tensor) -> Tensor:
        """Share of sunlight (M,) that comes through the clouds to world points (M, 3), from a direction (3,)."""
        ...


class HighClouds(Protocol):
    """Sheets of cloud above single clouds, and the underside of a closed cover."""

    def over(
        self, radiance: Tensor, direction: Tensor, eye_m: Tensor, pixel_rad: float
    ) -> tuple[Tensor, Tensor]:
        """Radiance (M, 3) with cirrus and altocumulus laid over it along rays (M, 3) from an eye (3,), and the share
        (M,) of what lies behind that comes through."""
        ...

    def under(self, radiance: Tensor, direction: Tensor, eye_m: Tensor) -> Tensor:
        """Radiance (M, 3) of a closed cover with its structure, and of curtains of rain below it."""
        ...


@dataclass(frozen=True)
class Light:
    """The light of one scene.

    Args:
        scene: whose light this is.
        sun_direction: (3,) unit vector towards the sun, or the moon at night.
        sun_irradiance: (3,) on a surface facing it, after air and clouds; 0 when below the horizon.
        sky_irradiance: (3,) on a level surface from the whole sky.
        ground_bounce: (3,) irradiance on a downward surface from sunlit ground.
        sun_elevation_deg: of the real sun; negative at night, when sun_direction is the moon's.
        sky: the sky's radiance.
        exposure: multiplies radiance before the film curve; from light and scene alone, never from a picture (E4).
        fog_per_m: extinction of ground fog at height 0; fog_height_m its scale height; fog_color (3,) its radiance.
        fog_glow: (3,) how brightly fog glows towards the sun; fog_banks 0–1 how far it gathers in banks.
        haze_per_m: (3,) extinction of clear air per channel.
        wetness, puddles, snow, precipitation, dust: 0–1 amounts for materials and particles.
        lamplit_air: 0–1, how much lamp light of the place hangs in its air after dark.
        storm: 0–1, how far the cover is dark overhead and bright at its foot.
        by_moon: whether sun_direction and sun_irradiance are the moon's.
        lamps_on: 0–1, how far lamps and windows are lit at this hour.
        overcast: 0–1, how far a closed cover, fog or dust hides sun disk and stars.
        clouds: single clouds and their shadows, where the sky has any; high_clouds: sheets above, or a closed cover.
        key: hashable; equal keys mean equal light, for caches.
    """

    scene: Scene
    sun_direction: Tensor
    sun_irradiance: Tensor
    sky_irradiance: Tensor
    ground_bounce: Tensor
    sun_elevation_deg: float
    sky: Sky
    exposure: float
    fog_per_m: float
    fog_height_m: float
    fog_color: Tensor
    haze_per_m: Tensor
    wetness: float = 0.0
    snow: float = 0.0
    precipitation: float = 0.0
    dust: float = 0.0
    lamps_on: float = 0.0
    overcast: float = 0.0
    clouds: Clouds | None = None
    high_clouds: HighClouds | None = None
    fog_glow: Tensor = field(default_factory=lambda: torch.zeros(3))
    fog_banks: float = 0.0
    puddles: float = 0.0
    storm: float = 0.0
    by_moon: bool = False
    lamplit_air: float = 0.0
    key: tuple[object, ...] = field(default=())
