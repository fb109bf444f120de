"""What a set of pictures is looked at with: a contact sheet, and one HTML page that needs nothing but the folder."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from PIL import Image

from render.archetypes import KINDS
from render.parameters import BY_NAME
from render.scene import Scene
from render.set_scores import SetScores
from render.sets import Framed
from render.sheets import Cell, Row, contact_sheet

_STYLE = """
:root { color-scheme: dark; }
body { margin: 0; background: #2a2a2a; color: #e8e8e8; font: 14px/1.45 system-ui, sans-serif; }
main { max-width: 1500px; margin: 0 auto; padding: 24px; }
h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 15px; margin: 28px 0 10px; }
p, td, th, figcaption { color: #b6b6b6; } a { color: inherit; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 14px; }
figure { margin: 0; } figure.wide { grid-column: 1 / -1; }
img { width: 100%; height: auto; display: block; background: #1f1f1f; }
figcaption { font-size: 13px; margin-top: 5px; } figcaption b { color: #e8e8e8; font-weight: 600; }
.note { color: #e9b25c; }
table { border-collapse: collapse; font-size: 13px; } td, th { text-align: left; padding: 3px 18px 3px 0; }
th { font-weight: 600; }
"""


def write_sheet(framed: Sequence[Framed], out_dir: Path, stem: str, *, cell_width_px: int = 320) -> Path:
    """The set as one PNG, `<stem>.sheet.png`.

    Args:
        framed: pictures that lie in `out_dir`.
        cell_width_px: of one picture.
    """
    rows = []
    for title, group in _groups(framed):
        cells = []
        for each in group:
            caption = each.frame.camera_label if each.frame.variation == "base" else each.frame.variation_label
            with Image.open(out_dir / each.file("thumb_512")) as picture:
                cells.append(Cell(caption, picture.convert("RGB")))
        rows.append(Row(title, cells, 3 if group[0].frame.camera == "pano" else 1))
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
    for name, group in _groups(framed):
        parts.append(f"<h2>{html.escape(name)}</h2><div class=grid>")
        parts += [_figure(each, scene) for each in group]
        parts.append("</div>")
    parts += ["<h2>Scores</h2>", _table(("what", "score", "about"), scores.rows())]
    parts += ["<h2>Parameters</h2>", _table(("parameter", "value"), _parameters(scene))]
    parts.append("</main></body></html>\n")
    path = out_dir / f"{stem}.html"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _groups(framed: Sequence[Framed]) -> list[tuple[str, list[Framed]]]:
    titles = {"base": "The place", "time": "Through the day", "weather": "Weather", "season": "Through the year"}

    def kind(each: Framed) -> str:
        return "around" if each.frame.camera == "pano" else each.frame.variation.partition("-")[0]

    ordered = sorted(framed, key=lambda each: ["base", "time", "weather", "season", "around"].index(kind(each)))
    return [(titles.get(name, "All around"), list(group)) for name, group in groupby(ordered, kind)]


def _figure(each: Framed, base: Scene) -> str:
    def link(part: str, words: str) -> str:
        return f'<a href="{html.escape(each.file(part), quote=True)}">{html.escape(words)}</a>'

    frame, sidecar = each.frame, each.sidecar
    name = frame.camera_label if frame.variation == "base" else frame.variation_label
    changed = [
        f"{BY_NAME[key].title.lower()} {value}" for key, value in frame.spec.scene.canonical().items()
        if base.canonical().get(key) != value
    ]
    size = f"{sidecar['width']} × {sidecar['height']}"
    seconds = sum(dict(sidecar.get("seconds") or {}).values())
    notes = "".join(f'<br><span class="note">{html.escape(str(note))}</span>' for note in sidecar.get("notes", ()))
    wide = ' class="wide"' if frame.camera == "pano" else ""
    thumb = each.file("image") if wide else each.file("thumb_512")
    about = ", ".join(filter(None, [", ".join(changed), size, f"{seconds:.1f} s"]))
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
    return "<table><tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in head) + f"</tr>{cells}</table>"


def summary(framed: Sequence[Framed]) -> Mapping[str, int]:
    """How many pictures there are, and how many of them were rendered now."""
    return {"pictures": len(framed), "rendered": sum(each.fresh for each in framed)}
