"""`cyclorama sheet`: kinds of place spread out over angles, hours, weathers, seasons or seeds, to be looked at.

Previews, not settled pictures: a sheet of a hundred is for judging look and light, at a few hundred pixels each.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from PIL import Image

from render.archetypes import ALIASES, ARCHETYPES, KINDS
from render.config import FarmConfig
from render.engine_loading import load_engines
from render.engines.base import Engine, Progress
from render.errors import RenderError, SpecError
from render.parameters import BY_NAME, WEATHERS, Value
from render.sheets import Cell, Row, contact_sheet
from render.spec import STANDARD_KINDS, RenderSpec, parse_spec

SheetOf = Literal["angles", "hours", "weathers", "seasons", "seeds"]
SHEETS: tuple[SheetOf, ...] = get_args(SheetOf)

_HOURS = ((6.2, "Dawn"), (8.0, "Morning"), (12.5, "Noon"), (18.3, "Golden hour"), (19.6, "Dusk"), (23.0, "Night"))
_SEASONS = ((0.5, "Spring"), (1.5, "Summer"), (2.5, "Autumn"), (3.5, "Winter"))
_SEEDS = (1, 2, 3, 5, 8, 13)

Column = tuple[str, Mapping[str, Value], str]
"""Caption, what it changes of the scene, and its camera."""


def columns_of(sheet: SheetOf, camera: str = STANDARD_KINDS[0]) -> tuple[Column, ...]:
    """What a sheet shows of every place, from left to right."""
    if sheet == "angles":
        return tuple((kind.replace("_", " ").capitalize(), {}, kind) for kind in STANDARD_KINDS)
    if sheet == "hours":
        return tuple((f"{word} {hour:g} h", {"time_of_day": hour}, camera) for hour, word in _HOURS)
    if sheet == "weathers":
        return tuple((name.capitalize(), {"weather": name}, camera) for name in WEATHERS)
    if sheet == "seasons":
        return tuple((word, {"season": season}, camera) for season, word in _SEASONS)
    return tuple((f"Seed {seed}", {"seed": seed}, camera) for seed in _SEEDS)


def read_setting(text: str) -> tuple[str, Value]:
    """`time_of_day=18.5` → its name and value.

    Raises:
        SpecError: there is no such parameter, or no `=`.
    """
    name, equals, value = text.partition("=")
    if not equals or name not in BY_NAME:
        raise SpecError("set", f"give NAME=VALUE with one of {', '.join(BY_NAME)}, not {text[:60]!r}")
    if BY_NAME[name].choices:
        return name, value
    try:
        return name, float(value)
    except ValueError as error:
        raise SpecError(f"set.{name}", f"must be a number, not {value[:40]!r}") from error


def sheet_of(
    worlds: Sequence[str], sheet: SheetOf, progress: Progress = lambda share, phase: None, *,
    scene: Mapping[str, Value] | None = None, camera: str = STANDARD_KINDS[0], width_px: int = 320,
    height_px: int = 180, tier: str = "preview", config: FarmConfig | None = None,
) -> Image.Image:
    """Render a sheet.

    Args:
        worlds: archetypes, one row each.
        sheet: what the columns are.
        progress: called with the share done (0–1) and what is rendered.
        scene: parameters that every picture shares.
        camera: standard angle of sheets that are not about angles.
        width_px, height_px: of one picture.
        tier: preview, or a settled tier to judge anti-aliasing and detail.
        config: engines and torch threads.

    Raises:
        SpecError: a world, a parameter or the size is unknown or out of range.
    """
    names = [ALIASES.get(name, name) for name in worlds]
    for name in names:
        if name not in ARCHETYPES:
            raise SpecError("world", f"must be among {', '.join(ARCHETYPES)}, not {name[:40]!r}")
    columns = columns_of(sheet, camera)
    config = config or FarmConfig()
    engine = load_engines(config.engines, config.threads, config.device).engine("procedural")
    rows = []
    for index, name in enumerate(names):
        cells = []
        for at, (caption, changes, kind) in enumerate(columns):
            progress((index + at / len(columns)) / len(names), f"{name}, {caption.lower()}")
            spec = parse_spec({
                "scene": {**(scene or {}), "archetype": name, **changes}, "camera": {"kind": kind}, "tier": tier,
                "width_px": width_px, "height_px": height_px,
            })
            cells.append(_cell(engine, spec, caption))
        rows.append(Row(KINDS[name].title, cells))  # type: ignore[index]  # checked above
    progress(1.0, "done")
    shared = ", ".join(f"{key} {value}" for key, value in (scene or {}).items())
    title = f"{sheet.capitalize()}{', ' + shared if shared else ''}"
    return contact_sheet(title, rows, cell_width_px=width_px, columns=len(columns))


def _cell(engine: Engine, spec: RenderSpec, caption: str) -> Cell:
    """A picture that fails leaves a gap with its reason: the rest of the sheet is still worth looking at."""
    begun = time.process_time()
    try:
        picture = engine.render(spec, lambda share, phase: None)
    except RenderError as error:
        return Cell(caption, None, str(error))
    return Cell(f"{caption}  ·  {time.process_time() - begun:.2f} s", Image.fromarray(picture.display))
