"""What grows: cut-out cards, trees by season and by place, and the dry and wooded landscapes they stand in."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
import torch

from render.scene import Scene
from render.view import pinhole
from render.visibility.cutouts import Cutout, stencil_index, stencils
from render.visibility.quads import Quads, trace_view
from render.world.build import build_world
from render.world.erosion import erode
from render.world.farmland import Farmland
from render.world.land_maps import eroded_change
from render.world.mirrored_things import turn_over
from render.world.models import MODELS, models, quads_of
from render.world.noise import octaves, tile
from render.world.plant_shading import boughs_hold, drifted
from render.world.plants import Stuff
from render.world.season import leaf_step
from render.world.terrain import TerrainWorld
from render.world.trees import near_of
from tests.render.engine.scenes import picture, quiet

NEW = ("canyon", "conifer", "farmland")


@pytest.fixture(scope="module")
def wood() -> TerrainWorld:
    """The quick version of a broad-leaved wood."""
    world = build_world(Scene(archetype="forest"), quiet, fine=False)
    assert isinstance(world, TerrainWorld)
    return world


def test_a_card_is_seen_exactly_where_its_stencil_keeps_it() -> None:
    one = torch.tensor([[-1.0, 4.0, -1.0]], dtype=torch.float64)
    flags = torch.zeros(1, dtype=torch.bool)
    along, up = torch.tensor([[2.0, 0.0, 0.0]]).double(), torch.tensor([[0.0, 0.3, 2.0]]).double()
    card = Quads(one, along, up, flags, ~flags, torch.tensor([int(Cutout.LEAVES)]))
    whole = Quads(one, along, up, flags, ~flags)
    view = pinhole(120, 90, np.zeros(3), np.array([0.0, 1.0, 0.0]), 40)

    cut, full = trace_view(card, view), trace_view(whole, view)

    met = full.quad >= 0
    kept = stencils()[stencil_index(torch.full_like(full.quad[met], int(Cutout.LEAVES)), full.u[met], full.v[met])]
    differ = (cut.quad[met] >= 0) != kept
    assert float(differ.float().mean()) < 0.01  # rounding at the rims of stencil cells
    assert 0.2 < float(kept.float().mean()) < 0.8
    assert not bool((cut.quad[~met] >= 0).any())


def test_what_is_behind_a_hole_in_a_leaf_is_seen_whatever_the_order() -> None:
    flags = torch.zeros(2, dtype=torch.bool)
    origin = torch.tensor([[-1.0, 4.0, -1.0], [-3.0, 6.0, -3.0]]).double()
    along = torch.tensor([[2.0, 0.0, 0.0], [6.0, 0.0, 0.0]]).double()
    up = torch.tensor([[0.0, 0.0, 2.0], [0.0, 0.0, 6.0]]).double()
    cards = Quads(origin, along, up, flags, ~flags, torch.tensor([int(Cutout.SPRAY), int(Cutout.SOLID)]))
    view = pinhole(120, 90, np.zeros(3), np.array([0.0, 1.0, 0.0]), 40)

    forth = trace_view(cards, view).quad
    back = trace_view(cards.pick(torch.tensor([1, 0])), view).quad

    assert bool((forth == 0).any())
    assert torch.equal(forth == 0, back == 1)
    assert bool((forth >= 0).all())


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_is_as_tall_and_wide_as_it_says(name: str) -> None:
    for model in models(name):
        corner = model.cards[:, :1]
        edges = model.cards[:, 1:]
        ends = np.concatenate([corner, corner + edges, corner + edges.sum(1, keepdims=True)], 1)[~model.triangle]
        ends = np.concatenate([ends.reshape(-1, 3), (corner + edges)[model.triangle].reshape(-1, 3)])
        assert np.isfinite(model.cards).all()
        assert 0.5 < ends[:, 2].max() < 1.7
        assert np.hypot(ends[:, 0], ends[:, 1]).max() < 2.2
        assert np.allclose(np.linalg.norm(model.outward, axis=1), 1, atol=1e-6)


def test_a_tree_can_be_had_anywhere() -> None:
    tree = quads_of("broadleaf", 10.0, -4.0, 2.0, tall_m=12.0, radius_m=4.0, turn=1.0)

    top = tree.quads.origin[:, 2].max()
    assert 12.0 < float(top) < 16.0
    assert float((tree.quads.origin[:, :2] - torch.tensor([10.0, -4.0])).norm(dim=1).max()) < 7.0
    with pytest.raises(KeyError):
        quads_of("baobab", 0, 0, 0, 1, 1)


def test_leaves_fall_and_grow_along_one_ring_without_a_jump() -> None:
    shares = [leaf_step(s / 50) for s in range(201)]

    assert max(abs(a - b) for a, b in pairwise(shares)) < 0.09
    assert abs(leaf_step(3.999) - leaf_step(0.0)) < 0.05
    assert leaf_step(1.2) == 1.0
    assert leaf_step(3.4) == 0.0, "no clumps hang in bare crowns"


def test_tufts_sink_into_snow_patch_by_patch() -> None:
    foot, tip = (torch.full((400,), v) for v in (0.1, 0.95))
    tint, x, y = torch.linspace(-1, 1, 400), torch.linspace(0, 200, 400), torch.zeros(400)
    grass, stone = (torch.full((400,), int(stuff)) for stuff in (Stuff.GRASS, Stuff.STONE))
    tips = drifted(grass, tint * 0, tip, x, y, 0.62)

    assert float(drifted(grass, tint, foot, x, y, 0.8).mean()) > 0.97
    assert 0.1 < float((tips > 0.9).float().mean()) < 0.95, "some tips look out"
    assert float((tips[1:] - tips[:-1]).abs().mean()) < 0.15, "neighbours alike, not salt and pepper"
    assert float(drifted(stone, tint, foot, x, y, 0.8).max()) == 0.0


def test_snow_lies_on_boughs_and_not_under_them() -> None:
    needles, one = torch.full((2,), int(Stuff.NEEDLES)), torch.ones(2)
    near = boughs_hold(needles, 0.6 * one, 0.9 * one, torch.tensor([0.5, 0.95]), 10 * one)
    far = boughs_hold(needles, 0.6 * one, 0.9 * one, torch.tensor([0.5, 0.95]), 300 * one)

    assert float(near[0]) > 0.6
    assert float(near[1]) < 0.1, "the spray's hanging edge stays green"
    assert float((far[0] - far[1]).abs()) < 1e-6, "what is finer than a pixel shows its mean"


def test_no_branch_hangs_before_the_lens_of_a_forest_s_usual_cameras(wood: TerrainWorld) -> None:
    near = near_of(wood.land.stage_hint)
    x, y = (torch.tensor(spot) for spot in zip(*near.spots_m, strict=True))
    trees = wood.plants.ball[wood.plants.ball[:, 3] > 4.5] if wood.plants is not None else torch.empty(0, 4)

    away = torch.hypot(trees[:, :1] - x, trees[:, 1:2] - y).amin(0)

    assert len(trees) > 100
    assert float(away[1:].min()) > 3.0, "the first spot is the focus"


def test_what_water_may_mirror_is_found_once_per_world(wood: TerrainWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    view = pinhole(32, 18, np.array([0.0, 0.0, 9.0]), np.array([4.0, 30.0, 0.0]), 24)
    first = turn_over(wood, view, 1.0)

    monkeypatch.setattr("render.world.mirrored_things._flipped", None)  # a second search would fail
    again = turn_over(wood, view, 1.0)

    assert first is not None
    assert again is not None
    assert torch.equal(first.card, again.card)
    winter = turn_over(wood, view, 0.0)
    assert winter is not None
    assert int((winter.card >= 0).sum()) < int((first.card >= 0).sum()), "bare crowns mirror less"


def test_E2_every_camera_meets_the_same_branches(wood: TerrainWorld) -> None:
    assert wood.plants is not None
    focus = np.asarray(wood.stage.focus_m)
    near, far = (pinhole(160, 90, focus + np.array([4.0, -away, 6.0]), focus, 35) for away in (20.0, 70.0))

    seen = [set(wood.plants.plant[wood.plants.seen(view, 1.0)].tolist()) for view in (near, far)]
    shared = sorted(seen[0] & seen[1])[:200]
    assert shared
    for view in (near, far):
        cards = wood.plants.seen(view, 1.0)
        own = torch.isin(wood.plants.plant[cards], torch.tensor(shared))
        every = torch.isin(wood.plants.plant, torch.tensor(shared))
        assert int(own.sum()) == int(every.sum())


def test_no_plant_in_the_picture_is_left_out(wood: TerrainWorld) -> None:
    assert wood.plants is not None
    focus = np.asarray(wood.stage.focus_m)
    view = pinhole(160, 90, focus + np.array([3.0, -35.0, 5.0]), focus, 24)

    some = wood.plants.seen(view, 1.0)
    got = trace_view(wood.plants.quads.pick(some), view)
    everything = trace_view(wood.plants.quads, view)

    assert torch.equal(torch.where(got.quad >= 0, some[got.quad.clamp(min=0)], -1) >= 0, everything.quad >= 0)
    assert torch.equal(got.depth_m, everything.depth_m)


def test_E5_a_season_hides_leaves_without_building_anything(wood: TerrainWorld) -> None:
    assert wood.plants is not None
    focus = np.asarray(wood.stage.focus_m)
    view = pinhole(160, 90, focus + np.array([3.0, -35.0, 5.0]), focus, 24)

    summer, winter = (len(wood.plants.seen(view, leaf_step(season))) for season in (1.2, 3.3))

    assert winter < 0.7 * summer  # stems, twigs and conifers stay


def test_new_lands_are_places_of_their_own_and_seeds_differ() -> None:
    places = [picture(archetype=archetype, time_of_day=10) for archetype in NEW]
    places.append(picture(archetype="canyon", seed=2, time_of_day=10))

    for p in places:
        assert np.isfinite(p.linear).all()
        assert np.isfinite(p.depth_m).mean() > 0.3
    for p, q in combinations(places, 2):
        assert np.abs(p.display.astype(int) - q.display).mean() > 4


def test_fields_change_with_the_year_and_the_ring_closes() -> None:
    seasons = [picture(archetype="farmland", season=s).display.astype(int) for s in (3.98, 0.0, 0.7, 1.6)]

    assert np.abs(seasons[0] - seasons[1]).mean() < 2
    assert np.abs(seasons[1] - seasons[2]).mean() > 4
    assert np.abs(seasons[2] - seasons[3]).mean() > 4


def test_erosion_never_digs_deeper_than_the_land_is_high() -> None:
    scene = Scene(archetype="farmland", seed=4)
    change = eroded_change(scene, Farmland(scene))
    assert float(change.abs().max()) < 400

    axis = torch.linspace(-8000, 8000, 96)
    x, y = axis[None].expand(96, -1).contiguous(), axis[:, None].expand(-1, 96).contiguous()
    steep = 900 * octaves(tile("erosion test"), x, y, 2400, 3)
    worn = erode(steep, 16000 / 96, 3)
    assert bool(torch.isfinite(worn).all())
    assert float(worn.min()) > float(steep.min()) - 600
