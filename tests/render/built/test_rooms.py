"""Six kinds of room: each its own, lit through its openings alone, the same picture whatever was rendered before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from render.archetypes import INDOORS, KINDS
from render.light.roomsun import RoomSun
from render.looks import look_through
from render.shots import place as place_camera
from render.spec import CameraSpec
from render.world.build import build_world, has_quick_version
from render.world.built import BuiltWorld
from render.world.place import rotation
from tests.render.built.helpers import adapted, scene, silent

ROOMS = INDOORS


def _quick(archetype: str, **changes: object) -> BuiltWorld:
    world = build_world(scene(archetype, **changes), silent, fine=False)
    assert isinstance(world, BuiltWorld)
    return world


class _Worlds(dict[str, BuiltWorld]):
    """One quick world per room, built when first asked for."""

    def __missing__(self, room: str) -> BuiltWorld:
        self[room] = _quick(room)
        return self[room]


@pytest.fixture(scope="module")
def worlds() -> dict[str, BuiltWorld]:
    return _Worlds()


def _luma(image: Tensor) -> Tensor:
    return image @ torch.tensor([0.2126, 0.7152, 0.0722])


def _picture(world: BuiltWorld, of: object, kind: str = "wide_establishing") -> Tensor:
    view = place_camera(world, CameraSpec(kind), 64, 36).view  # type: ignore[arg-type]  # a standard kind
    light = adapted(world, of)  # type: ignore[arg-type]  # a scene
    g = world.trace(view)
    return world.shade(g, g.hit.nonzero().squeeze(1), light) * light.exposure


def test_every_room_has_a_recipe_of_its_own() -> None:
    assert len({KINDS[room].source for room in ROOMS}) == len(ROOMS) == 6
    assert all(has_quick_version(scene(room)) for room in ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_daylight_shows_every_room_neither_black_nor_burnt(worlds: dict[str, BuiltWorld], room: str) -> None:
    image = _luma(_picture(worlds[room], scene(room, time_of_day=11.0)))

    assert bool(torch.isfinite(image).all())
    assert 0.03 < float(image.median()) < 1.2


@pytest.mark.parametrize("room", ROOMS)
def test_lamps_carry_the_night_of_every_room(worlds: dict[str, BuiltWorld], room: str) -> None:
    lit = _luma(_picture(worlds[room], scene(room, time_of_day=23.0, lamps=0.8)))

    assert 0.01 < float(lit.median()) < 0.8
    assert float(lit.quantile(0.9)) > 0.05


@pytest.mark.parametrize("room", ["living_room", "corridor", "church"])
def test_no_sun_comes_in_but_by_an_opening(worlds: dict[str, BuiltWorld], room: str) -> None:
    world = worlds[room]
    of = scene(room, time_of_day=8.5, weather="clear")
    light = adapted(world, of)
    sun = world.hour(light, coarse=True).sun
    assert isinstance(sun, RoomSun)
    assert world.place.room is not None
    assert world.place.portals is not None
    low, high = np.array(world.place.room[0]) + 0.25, np.array(world.place.room[1]) - 0.25
    own = np.random.default_rng(5).uniform(low, high, (4000, 3))
    points = torch.from_numpy(own @ rotation(world.place.heading_deg))

    portals, way = world.place.portals, light.sun_direction.double()
    through = torch.zeros(len(points), dtype=torch.bool)
    for k in range(len(portals)):
        normal = torch.linalg.cross(portals.edge_u[k], portals.edge_v[k])
        t = ((portals.corner[k] - points) @ normal) / (way @ normal)
        local = points + t[:, None] * way - portals.corner[k]
        u = (local @ portals.edge_u[k]) / (portals.edge_u[k] @ portals.edge_u[k])
        v = (local @ portals.edge_v[k]) / (portals.edge_v[k] @ portals.edge_v[k])
        slack = 0.03
        through |= (t > 0) & (u > -slack) & (u < 1 + slack) & (v > -slack) & (v < 1 + slack)
    lit = sun.lit(points.float(), torch.zeros(len(points), 3))

    assert bool((lit[~through] == 0).all())
    assert float(lit[through].mean()) > 0.05


def test_E1_a_kept_view_under_another_hour_is_the_picture_of_a_fresh_world(worlds: dict[str, BuiltWorld]) -> None:
    world, later = worlds["kitchen"], scene("kitchen", time_of_day=15.0, weather="overcast")
    view = place_camera(world, CameraSpec("medium"), 64, 36).view
    g = world.trace(view)
    which = g.hit.nonzero().squeeze(1)
    for hour in (9.0, 22.0):
        world.shade(g, which, adapted(world, scene("kitchen", time_of_day=hour)))
    again = world.shade(g, which, adapted(world, later))

    fresh = _quick("kitchen")
    other = fresh.trace(view)
    assert torch.equal(again, fresh.shade(other, which, adapted(fresh, later)))


def test_seeds_make_other_rooms() -> None:
    sizes = {len(_quick("corridor", seed=seed).place.mesh) for seed in (1, 2, 3)}

    assert len(sizes) == 3


def test_dust_shows_the_beams_and_only_adds_light(worlds: dict[str, BuiltWorld]) -> None:
    world, of = worlds["church"], scene("church", time_of_day=15.0)
    with_dust = _picture(world, of)
    place = world.place
    world.place = replace(place, dust_per_m=0.0)
    try:
        clear = _picture(world, of)
    finally:
        world.place = place

    assert bool((with_dust >= clear - 1e-6).all())
    assert float(with_dust.mean()) > 1.01 * float(clear.mean())


def test_E6_no_chair_stands_before_the_office_s_low_angle(worlds: dict[str, BuiltWorld]) -> None:
    # the back of one filled a sixth of the frame
    seen = look_through(worlds["office"], place_camera(worlds["office"], CameraSpec("low_angle"), 160, 90).view)

    assert float((seen.reach_m < 2.0).mean()) < 0.06
