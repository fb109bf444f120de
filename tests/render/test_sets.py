"""`cyclorama render --angles --variations --pano`: a set in a folder, whole, gone on with, looked at and stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

import render.notebook
from api.cli import main
from api.settings import REPOSITORY
from render.archetypes import ARCHETYPES
from render.config import FarmConfig
from render.errors import SpecError
from render.set_cost import Pace, estimate
from render.set_page import write_page, write_sheet
from render.set_plan import plan_set, read_axes
from render.set_scores import SetScores, VariationScores, score_framed
from render.sets import missing_of, render_set
from render.sheets import Cell, Row, contact_sheet
from render.sheets_of_worlds import SHEETS, columns_of, read_setting, sheet_of
from render.sizes import read_size
from render.spec import STANDARD_KINDS, parse_spec
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import FLAT

CONFIG = FarmConfig(engines=FLAT)
SPEC = parse_spec({"scene": {"archetype": "coast", "seed": 7}, "width_px": 96, "height_px": 54, "tier": "low"})


def cyclorama(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def names(folder: Path, suffix: str) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(suffix))


def test_a_set_is_the_base_its_angles_its_variations_and_the_panorama() -> None:
    frames = plan_set(SPEC, angles=True, variations=read_axes("time,season"), pano=True)

    assert [frame.slot for frame in frames[:7]] == [*(f"base/{kind}" for kind in STANDARD_KINDS), "base/pano"]
    assert [frame.slot for frame in frames[7:]] == [
        f"{variation}/{kind}"
        for variation in (
            "time-dawn", "time-noon", "time-dusk", "time-night", "season-spring", "season-summer", "season-autumn",
            "season-winter",
        )
        for kind in STANDARD_KINDS
    ]
    assert len({frame.spec.digest() for frame in frames}) == len(frames)


def test_variations_without_angles_are_seen_from_the_scene_s_own_camera() -> None:
    orbit = {"target_m": [0, 0, 2], "yaw_deg": 30, "pitch_deg": 10, "distance_m": 20}
    own = parse_spec({**SPEC.to_json(), "camera": {"kind": "custom", "orbit": orbit}})
    around = parse_spec({"scene": {}, "camera": {"kind": "pano"}, "tier": "low"})
    rainy = read_axes("weather")[2:]

    assert [f.slot for f in plan_set(SPEC, variations=rainy)] == [
        "base/wide_establishing", "weather-rainy/wide_establishing"
    ]
    assert [f.camera for f in plan_set(own, angles=True, variations=rainy)] == ["custom", *STANDARD_KINDS] * 2
    assert [f.slot for f in plan_set(around, angles=True, variations=rainy)] == [
        "base/pano", *(f"base/{kind}" for kind in STANDARD_KINDS), *(f"weather-rainy/{kind}" for kind in STANDARD_KINDS)
    ]
    assert [f.slot for f in plan_set(around, variations=rainy)] == ["base/pano", "weather-rainy/pano"]


def test_what_a_set_will_take_is_said_before_and_its_pace_while_it_goes_on() -> None:
    frames = plan_set(SPEC, angles=True, variations=read_axes("weather"), pano=True)
    whole, rest = estimate(frames, frames), estimate(frames, frames[:5])

    assert whole.words().startswith("25 pictures (24 of 96×54, 1 of 1024×512): about ")
    assert "25 pictures (24 of 96×54, 1 of 1024×512), 20 there already: about " in rest.words()
    assert rest.seconds < whole.seconds
    assert estimate(frames, frames, jobs=64).seconds <= whole.seconds
    assert estimate(frames, ()).seconds < rest.seconds

    pace = Pace(frames, frames)
    assert pace.share() == pytest.approx(0)
    shares = []
    for frame in frames:
        pace.finished(frame)
        shares.append(pace.share())
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert shares[6] - shares[5] > 2 * (shares[5] - shares[4]), "a panorama counts for several angles"
    assert pace.left() == ""


def test_each_set_of_angles_has_its_scores_and_a_variation_is_as_good_as_its_worst_camera(tmp_path: Path) -> None:
    wanted = ("wide_establishing", "medium_wide")
    frames = [f for f in plan_set(SPEC, angles=True, variations=read_axes("time")[1:2]) if f.camera in wanted]
    framed = render_set(frames, tmp_path, "d", config=CONFIG)
    scores = score_framed(framed, tmp_path)
    by_camera = scores.of["time-noon"].summary["identity"]["by_camera"]

    assert list(scores.of) == ["base", "time-noon"]
    assert set(by_camera) == set(wanted)
    assert scores.of["base"].identity is None
    known = [each["score"] for each in by_camera.values() if each["score"] is not None]
    assert scores.of["time-noon"].identity == (min(known) if known else None)
    assert all(each.summary["spatial"]["possible"] == 2 for each in scores.of.values())
    assert all(each.mood is not None for each in scores.of.values())
    assert [row[0] for row in scores.rows()] == ["Base", "Noon"]


def test_size_and_tier_are_changed_for_all_but_the_panorama() -> None:
    plain = parse_spec({"scene": {}, "camera": {"kind": "low_angle"}})
    frames = plan_set(plain, angles=True, pano=True, tier="high")
    small = plan_set(plain, angles=True, pano=True, size_px=(640, 360), tier="low")

    assert {(f.spec.width_px, f.spec.height_px) for f in frames if f.camera != "pano"} == {(1366, 768)}
    assert (frames[-1].spec.width_px, frames[-1].spec.height_px) == (4096, 2048)
    assert {(f.spec.width_px, f.spec.height_px, f.spec.tier) for f in small[:-1]} == {(640, 360, "low")}
    assert small[-1].spec.width_px == 1024


@pytest.mark.parametrize("text", ["wheather", "time;season", "time, moon"])
def test_unknown_variations_are_refused_by_name(text: str) -> None:
    with pytest.raises(SpecError, match="must be among time, weather, season"):
        read_axes(text)


@pytest.mark.parametrize(("text", "size"), [("640x360", (640, 360)), ("512", (512, 512)), (" 64 X 32 ", (64, 32))])
def test_sizes_are_read(text: str, size: tuple[int, int]) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "640x", "-1x5", "1e3x5", "8x8", "20000x20000", "640x360x2", "NaN"])
def test_absurd_sizes_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match="size"):
        read_size(text)


def test_a_set_that_was_stopped_goes_on_and_a_damaged_picture_is_made_again(tmp_path: Path) -> None:
    frames = plan_set(SPEC, angles=True)
    render_set(frames[:2], tmp_path, "cove", config=CONFIG)
    assert names(tmp_path, ".png") == ["cove.base.medium_wide.png", "cove.base.wide_establishing.png"]
    (tmp_path / "cove.base.medium_wide.png").write_bytes(b"half a pic")

    first = render_set(frames, tmp_path, "cove", config=CONFIG)
    assert missing_of(frames, tmp_path, "cove") == []
    second = render_set(frames, tmp_path, "cove", config=CONFIG)
    other = render_set(plan_set(parse_spec({**SPEC.to_json(), "scene": {"seed": 8}})), tmp_path, "cove", config=CONFIG)
    again = render_set(frames[:1], tmp_path, "cove.base.wide_establishing", missing=frames[:1], config=CONFIG)

    assert [each.fresh for each in first] == [False, True, True, True, True, True]
    assert not any(each.fresh for each in second)
    assert (other[0].fresh, again[0].fresh) == (True, True)
    for each in first:
        assert Image.open(tmp_path / each.file("image")).size == (96, 54)


def test_several_processes_make_the_same_files(tmp_path: Path) -> None:
    frames = plan_set(SPEC, angles=True)[:3]
    said: list[float] = []

    together = render_set(
        frames, tmp_path / "two", "s", lambda share, phase: said.append(share), jobs=2, config=CONFIG
    )
    render_set(frames, tmp_path / "one", "s", config=CONFIG)

    assert [each.frame.slot for each in together] == [frame.slot for frame in frames]
    assert said == sorted(said)
    assert said[-1] == 1.0
    for name in names(tmp_path / "one", ".png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_render_process_that_dies_ends_the_set_with_a_sentence(tmp_path: Path) -> None:
    spec = parse_spec({**SPEC.to_json(), "style": {"crash": "always"}})
    with pytest.raises(Exception, match="a render process died at base/"):
        render_set(plan_set(spec, angles=True)[:2], tmp_path, "s", jobs=2, config=CONFIG)


def test_the_sheet_and_the_page_show_every_picture_by_relative_names(tmp_path: Path) -> None:
    frames = plan_set(SPEC, angles=True, variations=read_axes("weather"))
    framed = render_set(frames, tmp_path, "cove", config=CONFIG)
    summary = {
        "verdict": "draft", "spatial": {"score": None, "worst": None, "reason": "nothing"}, "mood": {"score": 0.5},
        "identity": {"score": 0.61, "worst": "medium", "by_camera": {"medium": {"reason": "<hidden>"}}},
    }
    scores = SetScores({"weather-rainy": VariationScores("Rainy", 6, summary)})

    sheet = Image.open(write_sheet(framed, tmp_path, "cove", cell_width_px=96))
    page = write_page(framed, scores, tmp_path, "cove").read_text()

    assert sheet.width > 6 * 96
    assert sheet.height > 4 * 54
    assert page.count("<figure") == len(framed) == 24
    assert page.count("grid six") == 4
    assert "same place 0.61" in page
    assert "draft" in page
    assert "http" not in page
    assert "&lt;hidden&gt;" in page
    assert "not measured" in page
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (tmp_path / name).is_file(), name


def test_one_picture_has_no_score_and_says_why(tmp_path: Path) -> None:
    framed = render_set(plan_set(SPEC), tmp_path, "s", config=CONFIG)

    rows = score_framed(framed, tmp_path).rows()

    assert rows[0][1] == "not measured"
    assert "--angles" in rows[0][4]


def test_sheets_keep_their_shape_whatever_is_in_them() -> None:
    wide, tall = Image.new("RGB", (64, 36), "red"), Image.new("RGB", (36, 64), "blue")
    row = Row("mixed", [Cell("a" * 300, wide), Cell("", tall, "note"), Cell("none", None), Cell("x", wide)])

    sheet = contact_sheet("Title", [row, Row("", [])], cell_width_px=80, columns=3)

    assert sheet.width == 2 * 14 + 3 * 80 + 2 * 6
    assert sheet.height > 2 * 40


def test_worlds_are_spread_over_what_is_asked_for() -> None:
    for kind in SHEETS:
        assert len(columns_of(kind)) >= 4
    sheet = sheet_of(["desert", "interior"], "seasons", width_px=32, height_px=18, config=CONFIG)
    assert sheet.width > 4 * 32
    assert read_setting("time_of_day=18.5") == ("time_of_day", 18.5)
    for wrong in ("time_of_day", "colour=1", "haze=much"):
        with pytest.raises(SpecError):
            read_setting(wrong)
    with pytest.raises(SpecError, match="must be among"):
        sheet_of(["moon"], "angles", config=CONFIG)


def test_bad_requests_end_with_2_and_one_line(tmp_path: Path) -> None:
    scene = tmp_path / "s.json"
    scene.write_text('{"archetype": "coast"}')
    for wrong in (["--size", "9x9"], ["--variations", "moon"], ["--size", "huge"]):
        answer = cyclorama("render", str(scene), "-o", str(tmp_path / "out"), *wrong)
        assert answer.exit_code == 2
        assert len(answer.stderr.strip().splitlines()) == 1
    (tmp_path / "file").write_text("")
    assert cyclorama("render", str(scene), "-o", str(tmp_path / "file")).exit_code in (1, 2)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
async def test_ctrl_c_stops_at_once_and_leaves_whole_files_only(tmp_path: Path, jobs: str) -> None:
    scene = tmp_path / "slow.json"
    style = {"steps": "100", "step_s": "0.2", "log": f"{tmp_path}/log"}
    scene.write_text(json.dumps({**SPEC.to_json(), "style": style}))
    code = (
        "import render.config as c; made = c.FarmConfig.__init__; made.__defaults__ = tuple("
        f"'{FLAT}' if d == c.DEFAULT_ENGINES else d for d in made.__defaults__); from api.cli import main; main()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, "render", str(scene), "--angles", "--jobs", jobs, "-o", str(tmp_path / "out")],
        cwd=REPOSITORY, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs are born deaf to Ctrl-C
    )
    await wait_until(lambda: (tmp_path / "log").exists(), timeout_s=60)

    begun = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=20)

    assert run.returncode == 130
    assert time.monotonic() - begun < 8
    assert "goes on from there" in said
    assert "Traceback" not in said
    assert list((tmp_path / "out").glob("*.png")) == []
    for pid in {line.split()[-1] for line in (tmp_path / "log").read_text().splitlines()}:
        await wait_until(lambda pid=pid: not _alive(int(pid)), timeout_s=8)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]


def test_five_lines_in_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import render as cyclorama_render

    monkeypatch.setattr(render.notebook, "_CONFIG", CONFIG)
    cove = cyclorama_render.place("a misty cove at dawn, Zorblax", haze=0.4)
    low = cove.change(time_of_day=21).picture("low_angle", size="96x54", tier="low")

    assert (cove.scene.archetype, cove.scene.weather, cove.scene.haze) == ("coast", "mist", 0.4)
    assert cove.unknown == ("Zorblax",)
    assert any("dawn" in reason for reason in cove.reasons)
    assert cove._repr_png_().startswith(b"\x89PNG")
    assert low._repr_png_().startswith(b"\x89PNG")
    assert (low.image.size, low.spec.scene.time_of_day, low.depth_m.shape) == ((96, 54), 21, (54, 96))
    for name in ("low.png", "low.exr", "low.webp"):
        assert low.save(tmp_path / name).stat().st_size > 0
    assert cyclorama_render.place("desert").scene.archetype == "desert"
    assert cyclorama_render.place("interior").scene.archetype == "living_room"
    assert repr(cove).startswith("Sea cliffs: archetype='coast'")
    with pytest.raises(SpecError):
        cyclorama_render.place("coast", colour="red")


def test_importing_render_loads_no_torch_until_a_picture_is_wanted() -> None:
    code = "import sys, render; render.place('a misty fjord'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=REPOSITORY)


def test_the_gallery_can_be_made_again_from_its_own_files() -> None:
    folder = REPOSITORY / "docs" / "gallery"
    specs = sorted(path.stem for path in folder.glob("*.json"))

    assert sorted(path.stem for path in folder.glob("*.webp")) == specs
    assert len(specs) == 12
    assert sum(path.stat().st_size for path in folder.glob("*.webp")) < 3_000_000
    for path in [*folder.glob("*.json"), *folder.glob("places/*.json")]:
        value = json.loads(path.read_text())
        assert value.pop("alt", "a place")
        parse_spec(value)


def test_every_kind_of_place_has_a_small_picture() -> None:
    folder = REPOSITORY / "client" / "static" / "places"

    assert sorted(path.stem for path in folder.glob("*.webp")) == sorted(ARCHETYPES)
    assert sum(path.stat().st_size for path in folder.glob("*.webp")) < 400_000
    for path in folder.glob("*.webp"):
        assert Image.open(path).width == 240
