"""E6: where cameras stand, and what their frames hold."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
import pytest
import torch

from render.composition import MOST_NEAR, in_the_way, near_share, subject_cost
from render.errors import SpecError
from render.looks import Look, Measures, glimpse, look, look_through, overlap, scan
from render.scene import parse_scene
from render.shots import ANGLES, LEAST_OVERLAP, place
from render.spec import STANDARD_KINDS, CameraSpec, parse_camera
from render.world.base import World
from render.world.build import build_world
from tests.render.engine.scenes import TERRAINS, quiet, terrain

PLACES = (*TERRAINS, "city", "living_room")


@lru_cache(maxsize=8)
def world(archetype: str) -> World:
    """The coarse world of an archetype."""
    if archetype in TERRAINS:
        return terrain(archetype)
    return build_world(parse_scene({"archetype": archetype}), quiet, fine=False)


def looks(archetype: str) -> dict[str, Look]:
    """What the six standard angles of a place see, traced as they stand."""
    there = world(archetype)
    return {kind: look_through(there, place(there, CameraSpec(kind), 160, 90).view) for kind in STANDARD_KINDS}


@pytest.mark.parametrize("archetype", PLACES)
def test_E6_every_two_standard_angles_share_a_tenth_of_their_frames(archetype: str) -> None:
    seen = looks(archetype)

    shares = {(a, b): overlap(seen[a], seen[b]) for a, b in itertools.combinations(seen, 2)}

    assert len(shares) == 15
    assert min(shares.values()) >= LEAST_OVERLAP, {pair: share for pair, share in shares.items() if share < 0.12}


@pytest.mark.parametrize("archetype", PLACES)
def test_E6_nothing_fills_a_quarter_of_a_frame_from_close_by(archetype: str) -> None:
    for kind, seen in looks(archetype).items():
        assert near_share(seen, indoors=world(archetype).stage.indoors) <= MOST_NEAR, kind


@pytest.mark.parametrize("archetype", PLACES)
def test_E6_high_angles_are_high_and_low_ones_low(archetype: str) -> None:
    there = world(archetype)
    low, high, medium = (place(there, CameraSpec(kind), 160, 90).view for kind in ("low_angle", "high_angle", "medium"))

    assert low.world_from_cam[2, 2] > 0.1
    assert low.eye_m[2] - there.ground_m(float(low.eye_m[0]), float(low.eye_m[1])) < 1.0
    assert high.world_from_cam[2, 2] < -0.25
    assert high.eye_m[2] > medium.eye_m[2] + (0.4 if there.stage.indoors else 6)


@pytest.mark.parametrize("archetype", PLACES)
def test_E6_high_and_low_angles_have_nothing_large_in_their_way(archetype: str) -> None:
    focus = np.asarray(world(archetype).stage.focus_m)
    seen = looks(archetype)

    for kind in ("low_angle", "high_angle"):
        away = float(np.linalg.norm(focus - seen[kind].view.eye_m))
        assert in_the_way(seen[kind], focus, away) < 0.4, kind


@pytest.mark.parametrize("archetype", ["forest", "city", "village"])
def test_E6_a_glimpse_rules_out_no_frame_that_a_whole_look_would_not(archetype: str) -> None:
    there = world(archetype)
    focus = np.asarray(there.stage.focus_m)
    for kind in ("wide_establishing", "medium_close"):
        view = place(there, CameraSpec(kind), 160, 90).view
        ahead = view.world_from_cam[:, 2]
        for step in ((0.0, 0.0, 0.0), (0.0, 0.0, -1.0), (2.0, 1.0, 0.5)):
            asked = (view.eye_m + np.array(step), ahead, 80.0, 60.0)
            little, whole = (
                look(scanned, ahead, 28.0) for scanned in (glimpse(there, *asked, focus), scan(there, *asked))
            )

            assert subject_cost(little, focus) == pytest.approx(subject_cost(whole, focus), abs=0.35)
            assert np.isfinite(little.reach_m).sum() < 0.1 * little.reach_m.size


@pytest.mark.parametrize("archetype", ["forest", "city", "village"])
def test_E2_a_world_measures_the_depths_that_it_traces(archetype: str) -> None:
    there = world(archetype)
    view = place(there, CameraSpec("wide_establishing"), 96, 54).view
    assert isinstance(there, Measures)

    assert torch.equal(there.depths_m(view).float(), there.trace(view).depth_m.float())


def test_E6_what_is_hidden_is_not_shared() -> None:
    there = world("city")
    view = place(there, CameraSpec("medium"), 160, 90).view
    ahead = look_through(there, view)
    behind = look_through(there, place(there, turned(view.eye_m, -view.world_from_cam[:, 2]), 160, 90).view)

    assert overlap(ahead, ahead) == pytest.approx(np.isfinite(ahead.reach_m).mean())
    assert overlap(ahead, behind) == 0


def turned(eye: np.ndarray, way: np.ndarray) -> CameraSpec:
    """A camera at an eye, looking along a way."""
    return CameraSpec("custom", tuple(eye), tuple(eye + 10 * way))


@pytest.mark.parametrize("archetype", TERRAINS)
def test_E6_standard_angles_stand_clear_and_keep_the_focus_in_frame(archetype: str) -> None:
    there = terrain(archetype)

    for kind in STANDARD_KINDS:
        view = place(there, CameraSpec(kind), 160, 90).view
        assert there.is_free(view.eye_m, min(1.5, 0.8 * ANGLES[kind].eye_m[0]) - 0.01), kind
        cam = view.world_from_cam.T @ (there.stage.focus_m - view.eye_m)
        assert cam[2] > 1
        assert 0 < cam[0] / cam[2] * view.fx_px + view.cx_px < 160, kind
        assert 0 < cam[1] / cam[2] * view.fy_px + view.cy_px < 90, kind


def test_E6_the_same_camera_at_every_picture_size() -> None:
    there = terrain("forest")

    small, large = (place(there, CameraSpec("medium"), w, w).view for w in (64, 1024))

    assert np.array_equal(small.eye_m, large.eye_m)
    assert np.array_equal(small.world_from_cam, large.world_from_cam)


def test_E6_a_free_custom_camera_stays_where_it_was_put() -> None:
    there = terrain("alpine")
    wanted = CameraSpec("custom", (0.0, 0.0, 300.0), (0.0, 100.0, 300.0), focal_mm=50.0)

    shot = place(there, wanted, 100, 50)

    assert shot.notes == ()
    assert shot.view.eye_m.tolist() == [0.0, 0.0, 300.0]
    assert shot.view.fx_px == pytest.approx(50 / 36 * 100)


def test_E6_an_upright_picture_turns_the_film() -> None:
    there = terrain("alpine")

    wide, tall = (place(there, CameraSpec("medium"), *size).view for size in ((160, 90), (90, 160)))

    assert wide.fx_px == tall.fx_px
    assert np.array_equal(wide.world_from_cam, tall.world_from_cam)


def test_E6_an_orbit_is_a_position() -> None:
    target = [10.0, 20.0, 5.0]
    orbit = parse_camera({"kind": "custom", "orbit": {
        "target_m": target, "yaw_deg": 90, "pitch_deg": 30, "distance_m": 40,
    }})

    assert orbit.look_at_m == tuple(target)
    assert orbit.position_m == pytest.approx((10 + 40 * np.cos(np.pi / 6), 20, 25), abs=1e-3)
    before = {"kind": "custom", "position_m": [0, 0, 9], "look_at_m": target, "orbit": {"yaw_deg": 5}}
    assert parse_camera(before).position_m == (0, 0, 9), "what an older client writes wins"


def test_E6_a_camera_outside_the_room_is_told_where_the_room_is() -> None:
    there = world("living_room")
    outside = CameraSpec("custom", (80.0, 0.0, 1.5), (0.0, 0.0, 1.0))

    with pytest.raises(SpecError, match="outside the room") as caught:
        place(there, outside, 100, 50)

    named = [float(v) for v in caught.value.message.split("[")[1].rstrip("]").split(",")]
    assert there.is_free(np.array(named), 0.2)


def test_E6_a_panorama_outdoors_has_room_around_it() -> None:
    # the coast of seed 88 has its usual place two metres before a cliff
    there = build_world(parse_scene({"archetype": "coast", "seed": 88}), quiet, fine=False)

    eye = place(there, CameraSpec("pano"), 64, 32).view.eye_m

    turns = np.radians(np.arange(0, 360, 30))
    near = [there.first_hit(eye, np.array([np.sin(turn), np.cos(turn), 0.0])) < 5.0 for turn in turns]
    assert sum(near) <= 3
