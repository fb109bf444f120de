"""Commands for pictures and words without a server: `describe`, `sheet`. `api.cli` hangs them under `cyclorama`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.terminal import Bar, cleanly, fail

Command = TypeVar("Command", bound=Callable[..., Any])


def out_option(help: str) -> Callable[[Command], Command]:
    """The folder that files go into."""
    return click.option(
        "-o", "--out", "directory", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
        help=f"{help}  [default: here]",
    )


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
    from render.sheets_of_worlds import make_sheet, read_setting
    from render.sizes import read_size

    bar = Bar(quiet=False)
    with cleanly(bar, directory):
        width, height = read_size(size)
        scene = dict(read_setting(text) for text in settings)
        for kind in kinds:
            path, seconds = make_sheet(
                worlds or ARCHETYPES, kind, directory / f"sheet-{kind}.png", bar, scene=scene, camera=camera,
                width_px=width, height_px=height, tier=tier,
            )
            bar.clear()
            click.echo(f"{path}  ({seconds:.1f} s CPU)")
