"""Commands that need no server: `render`, `describe`, `sheet`. `api.cli` hangs them under `cyclorama`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.terminal import Bar, cleanly, fail, settings_of

Command = TypeVar("Command", bound=Callable[..., Any])


def out_option(help: str) -> Callable[[Command], Command]:
    """The folder that files go into."""
    return click.option(
        "-o", "--out", "directory", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
        help=f"{help}  [default: here]",
    )


@click.command()
@click.argument("scene", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@out_option("Where the files go; made when missing.")
@click.option("--angles", is_flag=True, help="All six standard angles, of every variation too.")
@click.option("--variations", metavar="SETS", help="Of time, weather, season, by commas.")
@click.option("--pano", is_flag=True, help="All around, too.")
@click.option("--tier", type=click.Choice(["low", "standard", "high"]), help="Instead of the scene's own.")
@click.option("--size", metavar="WxH", help="Pixels of every picture but the panorama.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Render in so many processes.")
@click.option("--again", is_flag=True, help="Render also what lies there already.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def render(
    scene: Path, directory: Path, angles: bool, variations: str | None, pano: bool, tier: Any, size: str | None,
    jobs: int, again: bool, quiet: bool,
) -> None:
    """Render SCENE.json into DIR, without any server: PNG, EXR with depth in metres, thumbnails and a sidecar.

    \b
    SCENE.json holds scene parameters, or a whole request:
      {"archetype": "coast", "time_of_day": 19.2}
      {"scene": {"archetype": "alpine"}, "camera": {"kind": "low_angle"}, "tier": "high"}

    With --angles, --variations or --pano it is a set, with a contact sheet, an HTML page and scores. Variations are
    seen from the scene's camera, together with --angles from all six. How many pictures that is and about how long it
    takes is said first. What lies in DIR already is not rendered again, so a set that was stopped goes on where it was.

    \b
    cyclorama render cove.json --angles --variations time,weather,season --pano -o cove/

    `cyclorama scene-schema` prints every parameter with its unit, range and default.
    """
    from render.commands import spec_of
    from render.set_cost import estimate
    from render.set_page import write_page, write_sheet
    from render.set_plan import plan_set, read_axes
    from render.set_scores import HEAD, score_framed
    from render.sets import missing_of, render_set
    from render.sizes import read_size

    config = settings_of().farm
    bar = Bar(quiet=quiet)
    with cleanly(bar, directory):
        begun = time.perf_counter()
        frames = plan_set(
            spec_of(scene), angles=angles, variations=read_axes(variations or ""), pano=pano, tier=tier,
            size_px=read_size(size) if size else None,
        )
        missing = frames if again else missing_of(frames, directory, scene.stem)
        if len(frames) > 1 and not quiet:
            click.echo(estimate(frames, missing, jobs=jobs).words(), err=True)
        framed = render_set(frames, directory, scene.stem, bar, jobs=jobs, missing=missing, config=config)
        made = [directory / f"{each.stem}.meta.json" for each in framed]
        made += [directory / each.file(part) for each in framed for part in each.sidecar["files"]]
        rows: list[tuple[str, ...]] = []
        if len(framed) > 1:
            scores = score_framed(framed, directory, bar)
            made = [write_sheet(framed, directory, scene.stem), write_page(framed, scores, directory, scene.stem)]
            rows = [HEAD, *scores.rows()]
        bar.clear()
    if quiet:
        return
    for path in made:
        click.echo(str(path))
    for row in rows:
        click.echo(f"{row[0]:<8} {row[1]:<13} {row[2]:<13} {row[3]:<6} {row[4]}".rstrip())
    for each in framed:
        for note in each.sidecar.get("notes", ()):
            click.echo(f"note: {each.frame.slot}: {note}", err=True)
    fresh = sum(each.fresh for each in framed)
    there = f", {len(framed) - fresh} were there already" if fresh < len(framed) else ""
    click.echo(f"{fresh} rendered{there}, {time.perf_counter() - begun:.1f} s", err=True)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS…")
@click.option("--kind", "archetype", metavar="KIND", help="The kind of place, if the words suggest another.")
@click.option("--json", "as_json", is_flag=True, help="Print everything that was understood, as JSON.")
@click.option("--scene", "as_scene", is_flag=True, help="Print a SCENE.json for `cyclorama render`.")
def describe(words: tuple[str, ...], archetype: str | None, as_json: bool, as_scene: bool) -> None:
    """Say which place and parameters a description in words would make, each with its reason.

    \b
    cyclorama describe "a misty fjord at dawn, late autumn, abandoned boathouse"
    cyclorama describe --scene "EXT. HARBOR - NIGHT" > harbor.json
    cat scene.txt | cyclorama describe -
    """
    from render.describe import describe as read
    from render.errors import SpecError

    text = sys.stdin.buffer.read(100_000).decode("utf-8", "replace") if words == ("-",) else " ".join(words)
    try:
        found = read(text, archetype)
    except SpecError as error:
        fail(str(error), 2)
    if as_json or as_scene:
        value = found.to_json() if as_json else {"scene": found.parameters}
        click.echo(json.dumps(value, indent=1, ensure_ascii=False))
        return
    for suggestion in found.suggestions:
        shown = suggestion.shown if suggestion.parameter != "archetype" else str(suggestion.value)
        click.echo(f"{suggestion.parameter:<18} {shown:<14} {suggestion.reason}")
    others = ", ".join(f"{place.title} {place.confidence:.0%}" for place in found.places[1:4])
    for label, line in (("or", others), ("not understood", ", ".join(found.unknown))):
        if line:
            click.echo(f"{label}: {line}", err=True)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)


@click.command()
@click.argument("worlds", nargs=-1, metavar="[WORLD]…")
@click.option(
    "--of", "kinds", multiple=True, type=click.Choice(["angles", "hours", "weathers", "seasons", "seeds"]),
    default=("angles",), show_default=True, help="What to spread each world over; may be given several times.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter that all pictures share.")
@click.option("--camera", default="wide_establishing", show_default=True, help="Angle of sheets not about angles.")
@click.option("--size", default="320x180", show_default=True, metavar="WxH", help="Pixels of one picture.")
@click.option(
    "--tier", type=click.Choice(["preview", "low", "standard", "high"]), default="preview", show_default=True,
    help="A settled tier shows the whole world, anti-aliased; it takes longer.",
)
@out_option("Where sheet-angles.png and so on go; made when missing.")
def sheet(
    worlds: tuple[str, ...], kinds: tuple[Any, ...], settings: tuple[str, ...], camera: str, size: str, tier: str,
    directory: Path,
) -> None:
    """Spread kinds of place over angles, hours, weathers, seasons or seeds, one sheet each.

    \b
    cyclorama sheet                                        all worlds from their six angles
    cyclorama sheet coast lake --of hours --of weathers    two worlds, two sheets
    cyclorama sheet city --of seeds --set time_of_day=21
    """
    from render.archetypes import ARCHETYPES
    from render.sheets_of_worlds import read_setting, sheet_of
    from render.sizes import read_size

    config = settings_of().farm
    bar = Bar(quiet=False)
    with cleanly(bar, directory):
        width, height = read_size(size)
        scene = dict(read_setting(text) for text in settings)
        for kind in kinds:
            begun = time.process_time()
            made = sheet_of(
                worlds or ARCHETYPES, kind, bar, scene=scene, camera=camera, width_px=width, height_px=height,
                tier=tier, config=config,
            )
            path = directory / f"sheet-{kind}.png"
            directory.mkdir(parents=True, exist_ok=True)
            made.save(path, "PNG", compress_level=4)
            bar.clear()
            click.echo(f"{path}  ({time.process_time() - begun:.1f} s CPU)")
