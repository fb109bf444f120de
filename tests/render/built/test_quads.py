"""The quad rasteriser against brute force: every pose, both projections, and parallel rays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from render.view import View, equirect, look_at, pinhole
from render.visibility.ortho import trace_ortho
from render.visibility.quads import Quads, pinhole_keys, pixel_directions, trace_view
from render.visibility.rays import Spheres, intersect_ray, nearest_distance
from render.visibility.sphere import visible_from
from tests.render.built.helpers import boxes, brute_force

POSES = {
    "level": ((0.0, -30.0, 3.0), (3.0, 10.0, 1.0), 0.0),
    "rolled": ((0.0, -20.0, 3.0), (3.0, 10.0, 1.0), 23.0),
    "steep": ((5.0, -3.0, 18.0), (4.0, 2.0, 0.0), -40.0),
    "among them": ((1.0, 2.0, 0.5), (-8.0, 9.0, 2.0), 5.0),
}


def _planar(view: View) -> torch.Tensor:
    """Ray directions scaled so that their component along the view axis is one."""
    d = pixel_directions(view).double()
    return d / (d @ torch.from_numpy(view.world_from_cam[:, 2]))[:, None]


@pytest.mark.parametrize("pose", POSES)
def test_E2_a_hundred_boxes_agree_with_brute_force_on_every_pixel(pose: str) -> None:
    quads = boxes(100)
    eye, target, roll = POSES[pose]
    view = pinhole(96, 54, np.array(eye), np.array(target), 24, roll_deg=roll)

    hits = trace_view(quads, view)

    index, depth = brute_force(quads, view.eye_m, _planar(view))
    assert int((hits.quad != index).sum()) == 0
    met = index >= 0
    assert bool(met.any())
    torch.testing.assert_close(hits.depth_m[met].double(), depth[met], rtol=2e-4, atol=1e-4)
    assert bool(torch.isinf(hits.depth_m[~met]).all())


@pytest.mark.parametrize("pose", POSES)
def test_E1_leaving_out_what_is_hidden_changes_no_pixel(pose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quads = boxes(1500, spread_m=90)
    eye, target, roll = POSES[pose]
    view = pinhole(160, 90, np.array(eye), np.array(target), 24, roll_deg=roll)

    in_parts = trace_view(quads, view)
    monkeypatch.setattr("render.visibility.quads._FEW", 1 << 30)
    at_once = trace_view(quads, view)

    assert bool((in_parts.quad >= 0).any())
    for name in ("quad", "depth_m", "u", "v"):
        assert torch.equal(getattr(in_parts, name), getattr(at_once, name)), name


def test_a_plane_that_passes_under_and_behind_the_eye_needs_no_clipping() -> None:
    flat = Quads(
        torch.tensor([[-500.0, -500.0, 0.0]]).double(),
        torch.tensor([[1000.0, 0, 0]]).double(),
        torch.tensor([[0, 1000.0, 0]]).double(),
        torch.tensor([False]),
        torch.tensor([False]),
    )
    view = pinhole(64, 64, np.array([0.0, 0.0, 1.5]), np.array([0.0, 10.0, 1.5]), 18)

    hits = trace_view(flat, view)

    lower = hits.quad.reshape(64, 64)[33:]
    assert bool((lower == 0).all())
    assert bool((hits.quad.reshape(64, 64)[:31] == -1).all())
    bottom_row = hits.depth_m.reshape(64, 64)[-1]
    expected = 1.5 / ((63.5 - 32) / view.fy_px)
    torch.testing.assert_close(bottom_row, torch.full((64,), float(expected)), rtol=1e-4, atol=1e-4)


def test_what_stands_beside_the_eye_is_not_drawn_though_it_reaches_behind_it() -> None:
    beside = torch.tensor([[30.0, -1.0, -4.0], [-30.0, -1.0, -4.0], [-2.0, -1.0, 9.0], [-1.0, -1.0, -1.0]]).double()
    quads = Quads(
        beside, torch.tensor([[2.0, 0, 0]]).double().expand(4, 3), torch.tensor([[0, 4.0, 0]]).double().expand(4, 3),
        torch.zeros(4, dtype=torch.bool), torch.ones(4, dtype=torch.bool),
    )
    view = pinhole(64, 64, np.zeros(3), np.array([0.0, 10.0, 0.0]), 18)

    drawn = pinhole_keys(quads, view)[2]

    assert drawn.tolist() == [3], "the last lies under the eye and reaches into the picture"


def test_backs_are_culled_unless_two_sided_and_triangles_stop_at_their_edge() -> None:
    origin = torch.tensor([[-1.0, 5, -1], [-1.0, 6, -1], [-1.0, 7, -1]]).double()
    edge_u = torch.tensor([[2.0, 0, 0]] * 3).double()
    edge_v = torch.tensor([[0, 0, 2.0]] * 3).double()
    edge_v[0], edge_u[0] = edge_u[0].clone(), edge_v[0].clone()  # the nearest shows its back
    quads = Quads(origin, edge_u, edge_v, torch.tensor([False, True, False]), torch.tensor([False, False, True]))
    view = pinhole(40, 40, np.zeros(3), np.array([0.0, 1.0, 0.0]), 50)

    ids = trace_view(quads, view).quad.reshape(40, 40)

    assert 0 not in ids
    assert ids[24, 16] == 1  # lower left belongs to the triangle
    assert ids[16, 24] == 2  # upper right is open, the two-sided one shows


def test_a_mirrored_camera_sees_fronts_too() -> None:
    shapes = boxes(60, 4)
    view = pinhole(64, 48, np.array([0.0, -30.0, 3.0]), np.array([3.0, 10.0, 1.0]), 30)
    flip = np.diag([-1.0, 1.0, 1.0])  # its film is the other one's, left for right
    mirrored = replace(view, world_from_cam=view.world_from_cam @ flip)

    plain, turned = trace_view(shapes, view), trace_view(shapes, mirrored)

    assert torch.equal(plain.quad.view(48, 64), turned.quad.view(48, 64).flip(1))


def test_an_equirect_meets_the_same_surfaces_as_its_rays() -> None:
    quads = boxes(60)
    view = equirect(128, 64, np.array([0.0, -20.0, 3.0]))

    hits = trace_view(quads, view)

    index, distance = brute_force(quads, view.eye_m, pixel_directions(view))
    same = hits.quad == index
    assert float(same.float().mean()) > 0.99  # a sliver thinner than a face's texel may be missed
    met = same & (index >= 0)
    torch.testing.assert_close(hits.depth_m[met].double(), distance[met], rtol=1e-5, atol=1e-5)


def test_an_equirect_closes_at_its_seam() -> None:
    quads = boxes(60)
    rotated = View("equirect", 128, 64, np.array([0.0, -20.0, 3.0]), look_at(np.zeros(3), np.array([0.0, -1.0, 0.0])))
    view = equirect(128, 64, np.array([0.0, -20.0, 3.0]))

    behind = trace_view(quads, rotated).depth_m.reshape(64, 128)
    ahead = trace_view(quads, view).depth_m.reshape(64, 128)

    turned = torch.roll(behind, 64, 1)
    same = torch.isclose(turned, ahead, rtol=1e-4) | (torch.isinf(turned) & torch.isinf(ahead))
    assert float(same.float().mean()) > 0.99


def test_parallel_maps_agree_with_brute_force() -> None:
    quads = boxes(80)
    toward = torch.nn.functional.normalize(torch.tensor([0.3, 0.5, 0.8]), dim=0).double()

    map_ = trace_ortho(quads, torch.zeros(3), toward, 50.0, 64)

    grid = (torch.arange(64) + 0.5) * map_.texel_m - 50.0
    start = (grid[None, :, None] * map_.right + grid[:, None, None] * map_.down).reshape(-1, 3) + 500 * toward
    wrong = 0
    for k in range(0, 4096, 5):
        distance, _ = intersect_ray(quads, start[k], -toward)
        depth = float(map_.depth_m.reshape(-1)[k])
        wrong += not (np.isclose(distance - 500, depth, atol=0.01) or (np.isinf(distance) and np.isinf(depth)))
    assert wrong == 0


def test_bounding_spheres_leave_no_hit_out() -> None:
    quads = boxes(100)
    spheres = Spheres.around(quads)
    eye = torch.tensor([0.0, -20.0, 3.0]).double()
    view = pinhole(16, 16, eye.numpy(), np.array([3.0, 10.0, 1.0]), 20)

    for way in pixel_directions(view).double():
        every, _ = intersect_ray(quads, eye, way)
        few, _ = intersect_ray(quads.pick(spheres.on_ray(eye, way)), eye, way)
        assert every == few
    assert nearest_distance(quads.pick(spheres.near(eye, 30.0)), eye) == nearest_distance(quads, eye)


def test_points_behind_a_wall_are_not_visible() -> None:
    wall = Quads(
        torch.tensor([[-1.0, 2, -1]]).double(),
        torch.tensor([[2.0, 0, 0]]).double(),
        torch.tensor([[0, 0, 2.0]]).double(),
        torch.tensor([False]),
        torch.tensor([True]),
    )
    points = torch.tensor([[0.0, 4, 0], [0.0, 1, 0], [4.0, 4, 0], [0.0, 2, 0]])

    visible = visible_from(wall, torch.zeros(3), points, 64)

    assert visible.tolist() == [0, 1, 1, 1]
