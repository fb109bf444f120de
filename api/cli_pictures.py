"""Commands that make pictures without a server: `sheet`. `api.cli` hangs them under `cyclorama`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.terminal import Bar, cleanly

Command = TypeVar("Command", bound=Callable[..., Any])


def out_option(help: str) -> Callable[[Command], Command]:
    """The folder that files go into."""
    return click.option(
        "-o", "--out", "directory", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
        help=f"{help}  [default: here]",
    )


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
