"""E6: where cameras stand."""

from __future__ import annotations

import numpy as np
import pytest

from render.shots import ANGLES, place
from render.spec import STANDARD_KINDS, CameraSpec
from tests.render.engine.scenes import TERRAINS, terrain


@pytest.mark.parametrize("archetype", TERRAINS)
def test_E6_standard_angles_stand_clear_and_keep_the_focus_in_frame(archetype: str) -> None:
    world = terrain(archetype)

    for kind in STANDARD_KINDS:
        view = place(world, CameraSpec(kind), 160, 90).view
        assert world.is_free(view.eye_m, min(1.5, 0.8 * ANGLES[kind].eye_m[0]) - 0.01), kind
        cam = view.world_from_cam.T @ (world.stage.focus_m - view.eye_m)
        assert cam[2] > 1
        assert 0 < cam[0] / cam[2] * view.fx_px + view.cx_px < 160, kind
        assert 0 < cam[1] / cam[2] * view.fy_px + view.cy_px < 90, kind


def test_E6_low_angle_looks_up_and_high_angle_down() -> None:
    world = terrain("alpine")

    low, high = (place(world, CameraSpec(kind), 160, 90).view for kind in ("low_angle", "high_angle"))

    assert low.world_from_cam[2, 2] > 0
    assert high.world_from_cam[2, 2] < -0.2
    assert high.eye_m[2] > low.eye_m[2] + 10


def test_E6_the_same_camera_at_every_picture_size() -> None:
    world = terrain("forest")

    small, large = (place(world, CameraSpec("medium"), w, w).view for w in (64, 1024))

    assert np.array_equal(small.eye_m, large.eye_m)
    assert np.array_equal(small.world_from_cam, large.world_from_cam)


def test_E6_a_free_custom_camera_stays_where_it_was_put() -> None:
    world = terrain("alpine")
    wanted = CameraSpec("custom", (0.0, 0.0, 300.0), (0.0, 100.0, 300.0), focal_mm=50.0)

    shot = place(world, wanted, 100, 50)

    assert shot.notes == ()
    assert shot.view.eye_m.tolist() == [0.0, 0.0, 300.0]
    assert shot.view.fx_px == pytest.approx(50 / 36 * 100)
