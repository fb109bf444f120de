"""E3: a place is still recognised by another hour, weather and season, and another place is not taken for it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from render.engines.procedural import ProceduralEngine
from render.exr import MASKS
from render.scene import parse_scene
from render.scores import Shown
from render.scores.identity import score_identity
from render.scores.mood import LEAST_MET, score_mood
from render.scores.reading import Ready
from render.scores.shown import measured
from render.spec import parse_spec
from tests.render.scores import controls

VARIATIONS: dict[str, dict[str, object]] = {
    "base": {}, "noon": {"time_of_day": 12.5}, "sunset": {"time_of_day": 18.6}, "night": {"time_of_day": 0.5},
    "overcast": {"weather": "overcast", "weather_intensity": 0.8}, "autumn": {"season": 2.5},
    "mist": {"weather": "mist", "weather_intensity": 0.7}, "rain": {"weather": "rain", "weather_intensity": 0.7},
}  # fmt: skip
WORLDS = ("alpine", "living_room")

@lru_cache(maxsize=1)
def pictures() -> dict[tuple[str, str], tuple[Shown, Ready]]:
    """Every variation of both worlds from one camera."""
    engine = ProceduralEngine(cache_bytes=400_000_000)
    found: dict[tuple[str, str], tuple[Shown, Ready]] = {}
    for world in WORLDS:
        for name, overrides in VARIATIONS.items():
            scene = {"archetype": world, **overrides}
            value = {"scene": scene, "camera": {"kind": "wide_establishing"}, "width_px": 384, "height_px": 216,
                     "tier": "preview"}  # fmt: skip
            picture = engine.render(parse_spec(value), lambda share, phase: None)
            masks = {plane: picture.aux[plane] for plane in MASKS if plane in picture.aux}
            shown = Shown(picture.display, picture.depth_m, picture.view, masks)
            found[world, name] = (shown, Ready(measured(shown), parse_scene(scene)))
    return found


def identity(world: str, name: str) -> float | None:
    return score_identity(pictures()[world, "base"][1], pictures()[world, name][1]).score


def with_pixels(world: str, image: controls.Pixels) -> Ready:
    shown, ready = pictures()[world, "base"]
    return Ready(measured(replace(shown, image=image)), ready.scene)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", [name for name in VARIATIONS if name != "base"])
def test_E3_hour_weather_and_season_leave_the_place_what_it_is(world: str, name: str) -> None:
    score = identity(world, name)
    assert score is not None
    assert score >= 0.80


@pytest.mark.parametrize("world", WORLDS)
def test_E3_other_places_and_no_places_are_not_recognised(world: str) -> None:
    base = pictures()[world, "base"][1]
    other = pictures()[next(w for w in WORLDS if w != world), "base"][0].image
    for image in (other, controls.mirrored(pictures()[world, "base"][0].image), controls.noise(other)):
        found = score_identity(base, with_pixels(world, image))
        assert found.score is not None
        assert found.score <= 0.60


def test_E3_what_hangs_in_the_air_is_not_asked_about() -> None:
    shown, base = pictures()["alpine", "base"]
    flakes = np.random.default_rng(3).random(shown.depth_m.shape) < 0.10
    image = np.where(flakes[..., None], np.uint8(255), shown.image)
    said = Ready(measured(replace(shown, image=image, masks={**shown.masks, "falling": flakes})), base.scene)
    unsaid = Ready(measured(replace(shown, image=image)), base.scene)
    scores = [score_identity(base, each).structure or 0.0 for each in (said, unsaid)]
    assert scores[0] > scores[1]
    assert score_identity(base, said).shown < score_identity(base, base).shown, "and how much is left is published"


def test_E3_a_flake_s_rim_is_no_edge_of_the_place() -> None:
    """Single flakes are left out with their soft rims, which the mask no longer names."""
    shown, base = pictures()["alpine", "base"]
    height, width = shown.depth_m.shape
    y, x = np.mgrid[0:height, 0:width]
    away = np.hypot((y + 7 * (x // 24 % 2)) % 24 - 12, x % 24 - 12)
    image = np.where((away < 2.6)[..., None], np.uint8(255), shown.image)
    snowing = Ready(measured(replace(shown, image=image, masks={**shown.masks, "falling": away < 2.6})), base.scene)
    found = score_identity(base, snowing)
    assert found.structure is not None
    assert found.structure > 0.95


def test_E3_another_place_cannot_hide_behind_its_own_depth() -> None:
    """Fallen leaves are left out by the variation's depth; where nothing stands as it stood, it is another place."""
    found = score_identity(pictures()["alpine", "base"][1], pictures()["living_room", "base"][1])
    assert found.score == 0
    assert "different places" in found.reason


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", list(VARIATIONS))
def test_moods_bear_the_signs_of_their_hour_and_weather(world: str, name: str) -> None:
    found = score_mood(pictures()[world, name][1])
    if found.score is not None:
        assert found.score >= LEAST_MET, found.to_json()


@pytest.mark.parametrize("world", WORLDS)
def test_a_night_labelled_noon_fails_and_so_does_a_noon_labelled_night(world: str) -> None:
    for shows, says in (("night", "noon"), ("noon", "night")):
        shown, labelled = pictures()[world, shows][1].picture, pictures()[world, says][1].scene
        score = score_mood(Ready(shown, labelled)).score
        assert score is not None
        assert score < LEAST_MET


def test_a_clear_day_labelled_mist_or_dust_fails() -> None:
    shown = pictures()["alpine", "base"][1].picture
    for weather in ("mist", "dust"):
        score = score_mood(Ready(shown, parse_scene({"archetype": "alpine", "weather": weather}))).score
        assert score is not None
        assert score < LEAST_MET
