"""A house's ground, and the colours that houses come in."""

from __future__ import annotations

from dataclasses import dataclass

Tint = tuple[float, float, float]
BRICK: tuple[Tint, ...] = ((0.30, 0.13, 0.085), (0.26, 0.14, 0.10), (0.34, 0.19, 0.12), (0.22, 0.12, 0.09))
STUCCO: tuple[Tint, ...] = ((0.58, 0.50, 0.38), (0.54, 0.40, 0.28), (0.52, 0.49, 0.43), (0.44, 0.41, 0.35),
                            (0.56, 0.46, 0.40), (0.36, 0.38, 0.37))
STONE: tuple[Tint, ...] = ((0.46, 0.42, 0.35), (0.42, 0.40, 0.37), (0.50, 0.45, 0.36))
STEEL: tuple[Tint, ...] = ((0.10, 0.11, 0.12), (0.16, 0.15, 0.14), (0.22, 0.22, 0.22))


@dataclass(frozen=True)
class Lot:
    """One house's ground: the side of the street (±1), |x| of its front, y from–to, depth, storeys, its own seed."""

    side: int
    front: float
    begin: float
    end: float
    depth: float
    storeys: int
    seed: int
    is_open: bool = False
    ground_floor: float = 4.1
    floor: float = 3.25

    @property
    def height(self) -> float:
        return self.ground_floor + (self.storeys - 1) * self.floor + 0.9

    def bounds(self) -> tuple[float, float, float, float, float]:
        """x and y ranges and height."""
        a, c = self.side * self.front, self.side * (self.front + self.depth)
        return min(a, c), max(a, c), self.begin, self.end, self.height
