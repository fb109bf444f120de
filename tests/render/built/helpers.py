"""Scenes, cameras and small pictures that the tests of built worlds share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from render.light.base import Light
from render.light.build import build_light
from render.scene import Scene, parse_scene
from render.view import View, pinhole
from render.visibility.quads import Quads
from render.world.build import build_world
from render.world.built import BuiltGBuffer, BuiltWorld
from render.world.place import rotation


def silent(share: float, phase: str) -> None:
    """A progress nobody watches."""


def boxes(count: int, seed: int = 1, spread_m: float = 60.0) -> Quads:
    """Turned boxes strewn around the origin, six outward faces each."""
    rng = np.random.default_rng(seed)
    origin, edge_u, edge_v = [], [], []
    for _ in range(count):
        centre = rng.uniform(-spread_m, spread_m, 3) * [1, 1, 0.2]
        half, turn = rng.uniform(0.5, 4, 3), rng.uniform(0, 6.28)
        x = np.array([np.cos(turn), np.sin(turn), 0]) * half[0]
        y = np.array([-np.sin(turn), np.cos(turn), 0]) * half[1]
        z = np.array([0, 0, 1.0]) * half[2]
        for a, b, c in ((x, y, z), (y, z, x), (z, x, y)):
            origin += [centre - a - b + c, centre - a - b - c]
            edge_u += [2 * a, 2 * b]
            edge_v += [2 * b, 2 * a]
    no = torch.zeros(len(origin), dtype=torch.bool)
    return Quads(*(torch.tensor(np.array(v)) for v in (origin, edge_u, edge_v)), no, no)


def brute_force(quads: Quads, eye: np.ndarray, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Nearest primitive (-1) and distance in units of each direction, by testing every ray on every primitive."""
    d = directions.double()
    q = quads.origin - torch.from_numpy(eye)
    normal = torch.linalg.cross(quads.edge_u, quads.edge_v)
    facing = d @ normal.T  # (N, Q)
    t = (q * normal).sum(1) / facing
    u = d @ torch.linalg.cross(quads.edge_v, q).T / facing
    v = d @ torch.linalg.cross(q, quads.edge_u).T / facing
    inside = (u >= 0) & (v >= 0) & (t > 0) & (quads.two_sided | (facing < 0))
    inside &= torch.where(quads.triangle, u + v <= 1, (u <= 1) & (v <= 1))
    nearest, index = torch.where(inside, t, torch.inf).min(1)
    return torch.where(torch.isfinite(nearest), index, -1), nearest


def scene(archetype: str, **changes: object) -> Scene:
    """A scene of an archetype with some parameters changed."""
    parameters: Mapping[str, object] = {"archetype": archetype, **changes}
    return parse_scene(parameters)


def camera(world: BuiltWorld, eye: tuple[float, float, float], target: tuple[float, float, float], width: int = 96,
           focal_mm: float = 24.0) -> View:
    """A pinhole placed in the world's own frame (street or room along y)."""
    turn = rotation(world.place.heading_deg)
    return pinhole(width, width * 9 // 16, np.array(eye) @ turn, np.array(target) @ turn, focal_mm)


def street_view(world: BuiltWorld, width: int = 96) -> View:
    """Up the street at eye height."""
    return camera(world, (-0.9, -14.0, 1.65), (0.4, 30.0, 4.0), width)


def room_view(world: BuiltWorld, width: int = 96) -> View:
    """Across the room from its corner."""
    return camera(world, (2.3, -2.7, 1.45), (-0.9, 2.0, 1.05), width, 20.0)


def adapted(world: BuiltWorld, place: Scene) -> Light:
    """The light as the pipeline hands it to shading."""
    return world.adapt(place, build_light(place))


def picture(world: BuiltWorld, place: Scene, view: View) -> tuple[BuiltGBuffer, Tensor]:
    """What a view meets, and exposed radiance (N, 3) with the plain sky behind."""
    light = adapted(world, place)
    g = world.trace(view)
    image = light.sky.radiance(g.direction)
    which = g.hit.nonzero().squeeze(1)
    image[which] = world.shade(g, which, light)
    return g, image * light.exposure


def built(of: Scene) -> BuiltWorld:
    """The world of a scene that is a place."""
    world = build_world(of, silent)
    assert isinstance(world, BuiltWorld)
    return world
