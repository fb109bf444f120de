"""What a set of pictures is looked at with: a contact sheet, and one HTML page that needs nothing but the folder."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image

from render.archetypes import KINDS
from render.parameters import BY_NAME
from render.scene import Scene
from render.set_plan import BASE, Frame
from render.set_scores import HEAD, SetScores
from render.sets import Framed
from render.sheets import Cell, Row, contact_sheet

_STYLE = """
:root { color-scheme: dark; }
body { margin: 0; background: #2a2a2a; color: #e8e8e8; font: 14px/1.45 system-ui, sans-serif; }
main { max-width: 1500px; margin: 0 auto; padding: 24px; }
h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 32px 0 10px; }
h3 { font-size: 14px; margin: 20px 0 8px; } h3 span { color: #b6b6b6; font-weight: 400; margin-left: 10px; }
p, td, th, figcaption { color: #c4c4c4; } a { color: inherit; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr)); gap: 14px; }
.grid.six { grid-template-columns: repeat(6, 1fr); gap: 10px; }
@media (max-width: 1100px) { .grid.six { grid-template-columns: repeat(3, 1fr); } }
@media (max-width: 600px) { main { padding: 16px; } .grid.six { grid-template-columns: repeat(2, 1fr); } }
figure { margin: 0; } figure.wide { grid-column: 1 / -1; }
img { width: 100%; height: auto; display: block; background: #1f1f1f; }
figcaption { font-size: 13px; margin-top: 5px; } figcaption b { display: block; color: #e8e8e8; font-weight: 600; }
.note { color: #e9b25c; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
td, th { text-align: left; vertical-align: top; padding: 3px 18px 3px 0; }
td:not(:last-child) { white-space: nowrap; } th { font-weight: 600; white-space: nowrap; }
"""


@dataclass(frozen=True)
class _Spread:
    """Pictures that are looked at side by side.

    Args:
        part: heading of the rows that belong together.
        title: of this row within them; empty when the part has but one.
        captions: below the pictures.
    """

    part: str
    title: str
    framed: list[Framed]
    captions: list[str]


def write_sheet(framed: Sequence[Framed], out_dir: Path, stem: str, *, cell_width_px: int = 320) -> Path:
    """The set as one PNG, `<stem>.sheet.png`.

    Args:
        framed: pictures that lie in `out_dir`.
        cell_width_px: of one picture.
    """
    rows = []
    for spread in _spreads(framed):
        cells = []
        for each, caption in zip(spread.framed, spread.captions, strict=True):
            with Image.open(out_dir / each.file("thumb_512")) as picture:
                cells.append(Cell(caption, picture.convert("RGB")))
        title = f"{spread.part}: {spread.title.lower()}" if spread.title else spread.part
        rows.append(Row(title, cells, 3 if spread.framed[0].frame.camera == "pano" else 1))
    columns = min(6, max(len(row.cells) * row.span for row in rows))
    path = out_dir / f"{stem}.sheet.png"
    scene = framed[0].frame.spec.scene
    title = f"{KINDS[scene.archetype].title}, seed {scene.seed}"
    contact_sheet(title, rows, cell_width_px=cell_width_px, columns=columns).save(path, "PNG", compress_level=6)
    return path


def write_page(framed: Sequence[Framed], scores: SetScores, out_dir: Path, stem: str) -> Path:
    """The set as a page, `<stem>.html`: pictures by their thumbnails beside it, full size and depth behind links.

    Args:
        framed: pictures that lie in `out_dir`.
        scores: of the set.
    """
    scene = framed[0].frame.spec.scene
    title = f"{KINDS[scene.archetype].title}, seed {scene.seed}"
    parts = [
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(stem)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{html.escape(title)}</h1>", f"<p>{html.escape(KINDS[scene.archetype].doc)}</p>",
    ]
    part = ""
    for spread in _spreads(framed):
        if spread.part != part:
            part = spread.part
            parts.append(f"<h2>{html.escape(part)}</h2>")
        if spread.title:
            first = spread.framed[0].frame
            parts.append(f"<h3>{html.escape(spread.title)}{_in_words(first, scene, scores)}</h3>")
        parts.append("<div class=\"grid six\">" if len(spread.framed) == 6 else "<div class=grid>")
        for each, caption in zip(spread.framed, spread.captions, strict=True):
            parts.append(_figure(each, caption, "" if spread.title else _changed(each.frame, scene)))
        parts.append("</div>")
    parts += ["<h2>Scores</h2>", _table(HEAD, scores.rows())]
    parts += ["<h2>Parameters</h2>", _table(("parameter", "value"), _parameters(scene))]
    parts.append("</main></body></html>\n")
    path = out_dir / f"{stem}.html"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _spreads(framed: Sequence[Framed]) -> list[_Spread]:
    """The place, through the day, weather, through the year, all around. A variation that was rendered from several
    angles has a row of its own; of others each set has one."""
    parts = {BASE: "The place", "time": "Through the day", "weather": "Weather", "season": "Through the year"}

    def part_of(each: Framed) -> str:
        if each.frame.variation == BASE and each.frame.camera == "pano":
            return "All around"
        return parts[each.frame.variation.partition("-")[0]]

    order = [*parts.values(), "All around"]
    found = []
    for part, group in groupby(sorted(framed, key=lambda each: order.index(part_of(each))), part_of):
        together = list(group)
        rows = [list(row) for _, row in groupby(together, lambda each: each.frame.variation)]
        if all(len(row) == 1 for row in rows):
            labels = [each.frame.camera_label if part in ("The place", "All around") else each.frame.variation_label
                      for each in together]  # fmt: skip
            found.append(_Spread(part, "", together, labels))
        else:
            for row in rows:
                title = row[0].frame.variation_label if len(rows) > 1 else ""
                found.append(_Spread(part, title, row, [each.frame.camera_label for each in row]))
    return found


def _changed(frame: Frame, base: Scene) -> str:
    """`time of day 6.2`: what a variation changes of the base."""
    return ", ".join(
        f"{BY_NAME[key].title.lower()} {value}" for key, value in frame.spec.scene.canonical().items()
        if base.canonical().get(key) != value
    )


def _in_words(frame: Frame, base: Scene, scores: SetScores) -> str:
    """What a variation changes and what it scores, beside its title."""
    words, draft = [_changed(frame, base)], ""
    if own := scores.of.get(frame.variation):
        known = (("one place", own.spatial), ("same place", own.identity), ("mood", own.mood))
        words += [f"{name} {score:.2f}" for name, score in known if score is not None]
        draft = '<span class="note">draft</span>' if own.is_draft else ""
    return f"<span>{html.escape(' · '.join(filter(None, words)))}</span>{draft}"


def _figure(each: Framed, name: str, changed: str) -> str:
    def link(part: str, words: str) -> str:
        return f'<a href="{html.escape(each.file(part), quote=True)}">{html.escape(words)}</a>'

    sidecar = each.sidecar
    size = f"{sidecar['width']} × {sidecar['height']}"
    seconds = sum(dict(sidecar.get("seconds") or {}).values())
    notes = "".join(f'<br><span class="note">{html.escape(str(note))}</span>' for note in sidecar.get("notes", ()))
    wide = ' class="wide"' if each.frame.camera == "pano" else ""
    thumb = each.file("image") if wide else each.file("thumb_512")
    about = ", ".join(filter(None, [changed, size, f"{seconds:.1f} s"]))
    return (
        f'<figure{wide}><a href="{html.escape(each.file("image"), quote=True)}">'
        f'<img loading="lazy" src="{html.escape(thumb, quote=True)}" alt="{html.escape(name, quote=True)}"></a>'
        f"<figcaption><b>{html.escape(name)}</b> {html.escape(about)} · {link('image', 'PNG')} · "
        f"{link('depth', 'EXR')}{notes}</figcaption></figure>"
    )


def _parameters(scene: Scene) -> list[tuple[str, str]]:
    return [
        (BY_NAME[name].title, f"{value} {BY_NAME[name].unit}".strip()) for name, value in scene.canonical().items()
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        "<div class=scroll><table><tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in head)
        + f"</tr>{cells}</table></div>"
    )
