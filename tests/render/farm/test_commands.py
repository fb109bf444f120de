"""`cyclorama render`: one picture without a server."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from render.commands import render_to_directory
from render.config import FarmConfig
from render.errors import EngineError, SpecError
from tests.render.farm.conftest import FLAT

CONFIG = FarmConfig(engines=FLAT)


def test_every_file_of_a_settled_render_lands_in_the_directory(tmp_path: Path) -> None:
    scene = tmp_path / "dunes.json"
    scene.write_text(json.dumps({"scene": {"archetype": "desert", "seed": 9}, "width_px": 320, "height_px": 180}))
    said: list[tuple[float, str]] = []

    done = render_to_directory(scene, tmp_path / "out", lambda share, phase: said.append((share, phase)), config=CONFIG)

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "dunes.128.webp", "dunes.256.webp", "dunes.512.webp", "dunes.exr", "dunes.meta.json", "dunes.png",
    ]
    assert Image.open(done.files["image"]).size == (320, 180)
    sidecar = json.loads(done.files["sidecar"].read_text())
    assert sidecar["digest"] == done.digest
    for part, entry in sidecar["files"].items():
        assert hashlib.sha256(done.files[part].read_bytes()).hexdigest() == entry["sha256"]
    shares = [share for share, _ in said]
    assert (shares[0], shares[-1], shares == sorted(shares)) == (0.0, 1.0, True)


def test_bare_parameters_are_taken_as_the_scene(tmp_path: Path) -> None:
    bare = render_to_directory({"archetype": "desert", "seed": 9}, tmp_path, config=CONFIG)
    full = render_to_directory({"scene": {"archetype": "desert", "seed": 9}}, tmp_path, config=CONFIG)
    assert bare.digest == full.digest


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "is not JSON"), ("[]", "must hold a JSON object"), ('{"scene": {"colour": 1}}', "parameters.colour")],
)
def test_bad_scene_is_refused_with_its_reason(tmp_path: Path, text: str, words: str) -> None:
    scene = tmp_path / "bad.json"
    scene.write_text(text)
    with pytest.raises(SpecError, match=words):
        render_to_directory(scene, tmp_path / "out", config=CONFIG)
    assert not (tmp_path / "out").exists()


def test_missing_scene_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot read"):
        render_to_directory(tmp_path / "none.json", tmp_path, config=CONFIG)


def test_pixels_that_are_no_numbers_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="not numbers"):
        render_to_directory({"scene": {}, "style": {"nan": "1"}}, tmp_path / "out", config=CONFIG)
    assert list((tmp_path / "out").iterdir()) == []
