"""The engine's promises E1, E2, E4 on small pictures of every landscape."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from render.engines.procedural import ProceduralEngine
from render.engines.registry import get_engine
from render.errors import CanceledError, EngineError, SpecError
from render.light.build import build_light
from render.scene import WEATHERS, Scene
from render.spec import STANDARD_KINDS, CameraSpec
from render.world.land_maps import Detail
from tests.render.engine.scenes import TERRAINS, engine, picture, quiet, spec


def test_E1_same_spec_same_pixels_in_another_engine_and_with_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    # small, because two threads crawl on a busy machine; the coast has cliffs, trees, sea and clouds
    monkeypatch.setattr("render.world.build.COARSE", Detail(64, 256))
    wanted = spec(archetype="coast", weather="cloudy", water=0.7, vegetation=0.8, size=(64, 36))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        first = ProceduralEngine(cache_bytes=1).render(wanted, quiet)
        torch.set_num_threads(2)
        second = ProceduralEngine(cache_bytes=1).render(wanted, quiet)
    finally:
        torch.set_num_threads(before)

    assert np.array_equal(first.display, second.display)
    assert np.array_equal(first.linear, second.linear)
    assert np.array_equal(first.depth_m, second.depth_m)


@pytest.mark.parametrize("archetype", ["alpine", "forest"])
def test_E1_eroded_land_is_the_same_every_time(archetype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("render.world.build.COARSE", Detail(64, 256))
    wanted = spec(archetype=archetype, size=(64, 36))

    pictures = [ProceduralEngine(cache_bytes=1).render(wanted, quiet) for _ in range(2)]

    assert np.array_equal(pictures[0].linear, pictures[1].linear)


def test_E1_what_was_rendered_before_leaves_no_trace() -> None:
    wanted = spec(time_of_day=17.0)
    first = engine().render(wanted, quiet)

    picture(time_of_day=23.0, weather="snow")
    picture("low_angle", time_of_day=12.0)

    assert np.array_equal(engine().render(wanted, quiet).display, first.display)


def test_E1_another_seed_is_another_place() -> None:
    assert not np.array_equal(picture(seed=1).depth_m, picture(seed=2).depth_m)


@pytest.mark.parametrize("archetype", TERRAINS)
@pytest.mark.parametrize("kind", STANDARD_KINDS)
def test_E2_standard_angles_have_finite_light_and_depth_beyond_arms_length(archetype: str, kind: str) -> None:
    got = picture(kind, archetype=archetype)  # type: ignore[arg-type]  # a str from STANDARD_KINDS

    assert got.display.shape == (54, 96, 3)
    assert got.depth_m.shape == (54, 96)
    assert np.isfinite(got.linear).all()
    assert float(got.depth_m.min()) > 0.3
    assert np.isfinite(got.depth_m).mean() > 0.25
    assert got.display.std() > 8


def test_E2_sky_is_infinitely_far() -> None:
    up = CameraSpec("custom", (0.0, 0.0, 900.0), (0.0, 10.0, 1400.0))

    got = engine().render(spec(camera=up), quiet)

    assert np.isposinf(got.depth_m).all()


def test_E4_exposure_is_the_scenes_and_never_the_views() -> None:
    light = build_light(Scene(time_of_day=9.0))

    linears = [picture(kind, time_of_day=9.0) for kind in STANDARD_KINDS[:3]]

    for got in linears:  # a pixel of mid brightness develops to the same value in every view
        grey = np.abs(got.linear.mean(2) * light.exposure - 0.18) < 0.004
        if grey.any():
            assert 85 < got.display[grey].mean() < 150


@pytest.mark.parametrize("weather", WEATHERS)
def test_every_weather_develops_at_noon_dusk_and_night(weather: str) -> None:
    means = [
        float(picture(time_of_day=hour, weather=weather, weather_intensity=0.8).display.mean())
        for hour in (12, 19.6, 0)
    ]

    assert 40 < means[0] < 225
    assert means[0] > means[2] > 3


def test_season_turns_without_a_jump() -> None:
    seasons = [picture(archetype="forest", season=s).display.astype(int) for s in (3.98, 0.0, 0.02)]

    assert np.abs(seasons[0] - seasons[1]).mean() < 3
    assert np.abs(seasons[1] - seasons[2]).mean() < 3


def test_winter_and_falling_snow_whiten_the_ground() -> None:
    def ground(**parameters: object) -> float:
        got = picture(time_of_day=12.0, **parameters)
        near = np.isfinite(got.depth_m) & (got.depth_m < 150)
        return float(got.display[near].min(axis=1).mean())

    summer = ground(season=1.2)

    assert ground(season=1.2, weather="snow", weather_intensity=1.0) > summer + 40
    assert ground(season=3.4) > summer + 15


def test_an_edit_of_the_hour_builds_no_new_world(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ProceduralEngine(cache_bytes=600_000_000)
    own.render(spec(time_of_day=9.0), quiet)
    monkeypatch.setattr("render.engines.procedural.build_world", _must_not_build)

    edits = ({"time_of_day": 18.0}, {"weather": "rain"}, {"season": 3.0}, {"haze": 0.9})
    pictures = [own.render(spec(**parameters), quiet).display.tobytes() for parameters in edits]

    assert len(set(pictures)) == len(edits)


def _must_not_build(*_: object, **__: object) -> None:
    raise AssertionError("the world was built again")


def test_worlds_are_forgotten_when_memory_is_short() -> None:
    own = ProceduralEngine(cache_bytes=1)

    own.render(spec(seed=1), quiet)
    own.render(spec(seed=2), quiet)

    assert len(own._worlds) == 1


def test_a_canceled_render_stops_at_the_next_phase() -> None:
    def cancel(share: float, phase: str) -> None:
        if share > 0.4:
            raise CanceledError("nobody wants it any more")

    with pytest.raises(CanceledError):
        engine().render(spec(), cancel)


def test_progress_rises_and_speaks_in_words() -> None:
    told: list[tuple[float, str]] = []

    engine().render(spec(), lambda share, phase: told.append((share, phase)))

    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(phase for _, phase in told)


def test_numbers_that_are_not_finite_never_leave_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("render.engines.procedural.through_air", lambda radiance, *_: radiance * float("nan"))

    with pytest.raises(EngineError) as caught:
        engine().render(spec(), quiet)

    assert caught.value.kind == "nan_output"


def test_a_camera_inside_the_mountain_is_lifted_out_with_a_note() -> None:
    inside = CameraSpec("custom", (1500.0, 1500.0, 40.0), (1500.0, 2500.0, 60.0))

    got = engine().render(spec(camera=inside), quiet)

    assert got.notes
    assert "moved" in got.notes[0] or "lifted" in got.notes[0]
    assert float(got.depth_m.min()) > 0.2


def test_a_camera_with_nothing_free_around_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("render.world.terrain.TerrainWorld.is_free", lambda *_: False)
    buried = CameraSpec("custom", (1.0, 2.0, -300.0), (1.0, 20.0, -300.0))

    with pytest.raises(SpecError) as caught:
        engine().render(spec(camera=buried), quiet)

    assert caught.value.field == "camera.position_m"


def test_settled_edges_are_smooth_and_agree_with_the_preview_in_depth() -> None:
    wanted = spec(size=(96, 96), tier="low", archetype="desert")

    got = engine().render(wanted, quiet)

    assert got.view.width_px == 96
    coarse = picture(size=(96, 96), archetype="desert")
    both = np.isfinite(got.depth_m) & np.isfinite(coarse.depth_m)
    ratio = got.depth_m[both] / coarse.depth_m[both]
    assert np.median(np.abs(ratio - 1)) < 0.03


def test_registry_knows_the_engine_and_refuses_others() -> None:
    assert get_engine("procedural") is get_engine("procedural")
    with pytest.raises(EngineError):
        get_engine("diffusion")
