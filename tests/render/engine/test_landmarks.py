"""What stands in a landscape for the eye to rest on: it is there, on the ground, in every standard angle."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
import numpy.typing as npt
import pytest
import torch

from render.archetypes import KINDS
from render.parameters import BY_NAME, LANDMARKS, landmark_of
from render.scene import Scene, parse_scene, scene_schema
from render.spec import STANDARD_KINDS
from render.world.build import build_world
from render.world.land import Land
from render.world.terrain import THING, TerrainWorld
from tests.render.engine.scenes import engine, quiet, spec

SIZE = (128, 72)
F64 = npt.NDArray[np.float64]


def test_the_issues_house_stands_on_the_cliff_and_is_seen_from_all_six_angles() -> None:
    place = build_world(parse_scene({"archetype": "coast", "landmark": "house"}), quiet, fine=False)
    assert isinstance(place, TerrainWorld)
    assert place.things is not None
    corners = place.things.quads.origin.numpy()
    foot = np.array([place.ground_m(float(x), float(y)) for x, y, _ in corners[::40]])

    assert float(np.median(corners[:, 2])) > foot.min() > 15 + float(place.land.water_m or 0), "it stands high"
    assert foot.max() - foot.min() < 6, "on level ground"
    for kind in STANDARD_KINDS:
        shot = engine().render(spec(kind, SIZE, archetype="coast", landmark="house"), quiet).view
        assert (place.trace(shot).material == THING).any(), kind


@pytest.mark.parametrize("archetype", sorted(LANDMARKS))
def test_every_landmark_of_every_landscape_stands_on_its_ground_near_the_focus(archetype: str) -> None:
    for landmark in LANDMARKS[archetype]:  # type: ignore[index]  # a str from LANDMARKS
        things, land, ground = things_of(archetype, landmark)
        bare, _, _ = things_of(archetype, "none")
        if landmark == "none":
            continue
        assert len(things) > len(bare) + 50, landmark
        focus = land.stage_hint.focus_m
        near = things[np.hypot(things[:, 0] - focus[0], things[:, 1] - focus[1]) < 45]
        over = near[:, 2] - np.array([ground(float(x), float(y)) for x, y, _ in near])
        assert over.max() > 2.5, f"{landmark} rises"
        assert over.min() < 0.1, f"{landmark} reaches the ground"


def things_of(archetype: str, landmark: str) -> tuple[F64, Land, Callable[[float, float], float]]:
    """(C, 3) corners of what a recipe puts in a landscape, the recipe, and its ground."""
    module, _, name = KINDS[archetype].source.partition(":")  # type: ignore[index]  # a str from LANDMARKS
    land = getattr(import_module(module), name)(parse_scene({"archetype": archetype, "landmark": landmark}))

    axis = torch.arange(-200.0, 261.0, 2.0)
    x, y = axis[None, :].expand(len(axis), -1).contiguous(), axis[:, None].expand(-1, len(axis)).contiguous()
    height = land.carve(land.elevation(x, y, 2.0), x, y, 2.0).numpy()

    def ground(px: float, py: float) -> float:
        row, column = (min(max(round((p + 200) / 2), 0), len(axis) - 1) for p in (py, px))
        return float(height[row, column])

    parts = land.props(ground)
    return np.concatenate([part.corners[:, 0] for part in parts]) if parts else np.zeros((0, 3)), land, ground


def test_a_landmark_that_a_place_does_not_know_means_its_nearest_or_its_usual_one() -> None:
    assert landmark_of("coast", "usual") == "lighthouse"
    assert landmark_of("coast", "cabin") == "house"
    assert landmark_of("lake", "house") == "cabin"
    assert landmark_of("alpine", "lighthouse") == "cabin"
    assert landmark_of("city", "house") == "none"
    assert Scene(archetype="coast", landmark="none").stands == "none"
    schema = scene_schema()["properties"]["landmark"]
    assert schema["x-choices"]["lake"][0] == "boathouse"
    assert set(schema["enum"]) == set(BY_NAME["landmark"].choices)


def test_nobody_lights_a_lamp_in_a_derelict_house() -> None:
    lit, dark = (
        engine().render(spec("medium", SIZE, archetype="coast", landmark="house", time_of_day=22.0, wear=wear), quiet)
        for wear in (0.2, 0.95)
    )
    warm = [int(((p.display[..., 0].astype(int) - p.display[..., 2]) > 40).sum()) for p in (lit, dark)]
    assert warm[0] > 0 == warm[1]
