"""Contact sheets: many pictures on one, in rows with names, as an art director spreads them on a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

_SURROUND = (42, 42, 42)
_TEXT = (222, 222, 222)
_QUIET = (150, 150, 150)
_GAP_PX = 6
_MARGIN_PX = 14
_LINE_PX = 18
_TITLE_PX = 34
_FONT_PX = 13


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of a sheet.

    Args:
        caption: what stands below it.
        image: RGB, None where there is none.
        note: a second, quieter caption.
    """

    caption: str
    image: Image.Image | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Pictures that belong together; long rows wrap.

    Args:
        title: above them; empty for none.
        cells: from left to right.
        span: how many columns of the sheet one picture takes: a panorama wants more.
    """

    title: str
    cells: Sequence[Cell]
    span: int = 1


def contact_sheet(title: str, rows: Sequence[Row], *, cell_width_px: int = 320, columns: int = 6) -> Image.Image:
    """Lay pictures out on neutral grey.

    Args:
        title: at the top; empty for none.
        rows: from top to bottom, each under its own name.
        cell_width_px: every picture is brought to this width and keeps its shape.
        columns: pictures beside each other at most.

    Returns:
        RGB picture.
    """
    width = 2 * _MARGIN_PX + columns * cell_width_px + (columns - 1) * _GAP_PX
    lines = []
    for row in rows:
        beside = max(1, columns // row.span)
        lines += [(row, list(row.cells[i : i + beside]), i == 0) for i in range(0, len(row.cells), beside)]
    widths = [cell_width_px * min(row.span, columns) + _GAP_PX * (min(row.span, columns) - 1) for row, _, _ in lines]
    heights = [
        max((_height(cell, wide) for cell in cells), default=0)
        for (_, cells, _), wide in zip(lines, widths, strict=True)
    ]
    captions = [_LINE_PX * (2 if any(cell.note for cell in cells) else 1) for _, cells, _ in lines]
    head = [_LINE_PX + 6 if first and row.title else 0 for row, _, first in lines]
    top = _MARGIN_PX + (_TITLE_PX if title else 0)
    sheet = Image.new("RGB", (width, top + sum(heights) + sum(captions) + sum(head) + _MARGIN_PX), _SURROUND)
    draw = ImageDraw.Draw(sheet)
    if title:
        draw.text((_MARGIN_PX, _MARGIN_PX), title, fill=_TEXT, font=_font(20))
    y = top
    for (row, cells, first), wide, height, caption, named in zip(lines, widths, heights, captions, head, strict=True):
        if first and row.title:
            draw.text((_MARGIN_PX, y + 3), row.title, fill=_TEXT, font=_font(15))
        y += named
        for column, cell in enumerate(cells):
            x = _MARGIN_PX + column * (wide + _GAP_PX)
            if cell.image is not None:
                sheet.paste(_fitted(cell.image, wide), (x, y))
            else:
                draw.rectangle((x, y, x + wide - 1, y + height - 1), outline=_QUIET)
            draw.text((x, y + height + 2), _cut(cell.caption, wide), fill=_TEXT, font=_font(_FONT_PX))
            if cell.note:
                at = (x, y + height + 2 + _LINE_PX)
                draw.text(at, _cut(cell.note, wide), fill=_QUIET, font=_font(_FONT_PX))
        y += height + caption
    return sheet


def _height(cell: Cell, width_px: int) -> int:
    if cell.image is None:
        return width_px * 9 // 16
    return max(1, round(width_px * cell.image.height / cell.image.width))


def _fitted(image: Image.Image, width_px: int) -> Image.Image:
    if image.width == width_px:
        return image.convert("RGB")
    size = (width_px, max(1, round(width_px * image.height / image.width)))
    return image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _cut(text: str, width_px: int) -> str:
    font = _font(_FONT_PX)
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(text + "…") > width_px:
        text = text[:-1]
    return text.rstrip() + "…"


@lru_cache(maxsize=8)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font
