"""What built things do to the land they stand on: shade, narrowed sky, lamplight. Terrain shading asks for it."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from render.light.base import Light


class Around(Protocol):
    """Built things around a terrain."""

    def fall(self, position: Tensor, normal_z: Tensor, light: Light) -> tuple[Tensor, Tensor, Tensor]:
        """What reaches points of the land.

        Args:
            position: (3, M) world metres; normal_z: (M,) how far each point faces up.
            light: the scene's, already metered.

        Returns:
            share of the sun (M,), share of the sky (M,), and lamp irradiance (3, M) in scene units.
        """
        ...
