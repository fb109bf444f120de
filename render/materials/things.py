"""Things in street and room: plain solids, paint, lamps and signs, leaves, boards, cloth, rugs, pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from render.materials.base import Mood, Patch, Surface, color, mix, smooth
from render.materials.noise import cell_hash, grain, tile
from render.visibility.cutouts import stencil_index, tones


def plain(p: Patch, mood: Mood) -> Surface:
    """Stone, metal, plaster, skin: a tint with grain; params grain amplitude, scale, gloss."""
    s = Surface.plain(p)
    a = p.position[:, 0] * 0.8 + p.position[:, 1] * 0.6
    b = p.position[:, 2] + p.position[:, 0] * 0.3
    scale = p.params[:, 1].clamp_min(0.05)
    n = tile(a * scale * 0.1, b * scale * 0.1)
    s.albedo = p.tint * (1 + p.params[:, 0] * (n[:, 1] * 0.6 + n[:, 3] * 0.6)).clamp(0.3, 1.7)[:, None]
    s.gloss = p.params[:, 2].clone()
    if mood.wet > 0.02 and not mood.indoors:
        s.albedo = s.albedo * (1 - 0.3 * min(1.0, mood.wet * 1.4) * smooth(0.1, 0.5, p.open))[:, None]
        s.gloss = torch.maximum(s.gloss, 0.4 * mood.wet * smooth(0.1, 0.5, p.open) * (p.normal[:, 2] > 0.5))
    return s


def paint(p: Patch, mood: Mood) -> Surface:
    """Car paint and glass: mostly its mirror part."""
    s = Surface.plain(p)
    s.gloss = p.params[:, 0].clone()
    return s


def glow(p: Patch, mood: Mood) -> Surface:
    """Lamp glass and shades: dull by day, bright at night; params day share, night display brightness."""
    s = Surface.plain(p)
    lit = min(1.0, 2.0 * mood.lamps)
    s.emission = p.tint * (mood.display * lit * p.params[:, 1])[:, None]
    s.albedo = p.tint * 0.6 + 0.1
    s.through = torch.full_like(p.distance, 0.2)
    return s


def sign(p: Patch, mood: Mood) -> Surface:
    """A hanging sign with blocks of its own colour."""
    s = Surface.plain(p)
    u, v = (p.uv / p.size).unbind(1)
    salt = p.params[:, 0]
    block = cell_hash((u * 5).floor(), (v * 7).floor(), salt) > 0.45
    rim = torch.minimum(torch.minimum(u, 1 - u) * p.size[:, 0], torch.minimum(v, 1 - v) * p.size[:, 1]) < 0.05
    s.albedo = mix(p.tint * 0.5, color(0.7, 0.66, 0.55), (block & ~rim).float() * 0.8)
    bright = torch.where(block | rim, 1.0, 0.12) * p.params[:, 1] * mood.display * min(1.0, 2.0 * mood.lamps)
    s.emission = p.tint * bright[:, None]
    return s


def neon(p: Patch, mood: Mood) -> Surface:
    """Tubes on a dark board: a frame and strokes of letters one above the other; params hash, brightness, letter m."""
    s = Surface.plain(p)
    u, v = p.uv.unbind(1)
    salt, bright, letter = p.params[:, :3].unbind(1)
    letter = letter.clamp_min(0.1)
    upright = p.size[:, 1] > p.size[:, 0]
    along, wide = torch.where(upright, v, u), torch.where(upright, p.size[:, 0], p.size[:, 1])
    across = torch.where(upright, u, v)
    cell = (along / letter).floor()
    x, y = along / letter - cell, across / wide
    if_turned = torch.where(upright, y, x), torch.where(upright, x, y)
    cx, cy = if_turned
    soft = (p.footprint / letter).clamp(0.02, 0.5)
    strokes = torch.zeros_like(u)
    for k, (at, low, high, level) in enumerate((
        (0.28, 0.2, 0.8, True), (0.72, 0.2, 0.8, True), (0.5, 0.2, 0.8, True),
        (0.2, 0.28, 0.72, False), (0.5, 0.28, 0.72, False), (0.8, 0.28, 0.72, False),
    )):
        on = cell_hash(cell, cell * 0 + k, salt) > 0.42
        a, c = (cx, cy) if level else (cy, cx)
        line = (1 - ((a - at).abs() - 0.035).clamp_min(0) / soft).clamp(0, 1) * ((c > low - 0.03) & (c < high + 0.03))
        strokes = torch.maximum(strokes, line * on * (0.07 / (0.07 + soft * 0.5)) ** 0.5)
    rim = torch.minimum(torch.minimum(u, p.size[:, 0] - u), torch.minimum(v, p.size[:, 1] - v))
    frame = (1 - ((rim - 0.10).abs() - 0.025).clamp_min(0) / p.footprint.clamp_min(0.015)).clamp(0, 1)
    tube_ = torch.maximum(strokes, 0.8 * frame)
    s.albedo = mix(p.tint * 0.12 + 0.015, p.tint * 0.5 + 0.25, tube_ * 0.8)
    other = (cell_hash(salt, salt * 0, 8) > 0.5).float()
    hue = mix(p.tint, p.tint.flip(1) * 0.7 + 0.3, 0.65 * other * strokes)
    level_ = 0.05 + 1.0 * tube_
    s.emission = hue * (level_ * bright * mood.display * (0.10 + min(1.0, 2.0 * mood.lamps)))[:, None]
    s.gloss = torch.full_like(u, 0.2)
    return s


def screen(p: Patch, mood: Mood) -> Surface:
    """A lit hoarding: a picture of broad shapes, a figure of light and a line of words."""
    s = Surface.plain(p)
    u, v = (p.uv / p.size).unbind(1)
    salt, bright = p.params[:, 0], p.params[:, 1]
    n = tile(u * 0.16 + salt * 0.37, v * 0.12 + salt * 0.11)
    first = 0.5 + 0.5 * torch.cos(6.2832 * (cell_hash(salt, salt * 0, 2)[:, None] + color(0.0, 0.33, 0.67)))
    second = 0.5 + 0.5 * torch.cos(6.2832 * (cell_hash(salt, salt * 0, 3)[:, None] + color(0.1, 0.4, 0.62)))
    image = mix(first * 0.75 + 0.05, second, smooth(-0.3, 0.5, n[:, 2] + 1.6 * (v - 0.45)))
    x = (u - 0.3 - 0.4 * cell_hash(salt, salt * 0, 4)) * p.size[:, 0] / p.size[:, 1]
    disc = 1 - smooth(0.20, 0.24, (x * x + (v - 0.58) ** 2).sqrt())
    image = mix(image, second * 0.5 + 0.5, disc * 0.8)
    word = (cell_hash((u * 26).floor(), u * 0, salt) > 0.25) & ((v - 0.17).abs() < 0.05) & (u > 0.08) & (u < 0.75)
    image = mix(image, color(0.95, 0.95, 0.92).expand_as(image), word.float())
    bezel = torch.minimum(torch.minimum(u, 1 - u) * p.size[:, 0], torch.minimum(v, 1 - v) * p.size[:, 1]) < 0.15
    image = torch.where(bezel[:, None], color(0.02, 0.02, 0.02), image)
    s.albedo = image * 0.35
    s.emission = image * p.tint * (bright * mood.display * (0.22 + min(1.0, 2.0 * mood.lamps)))[:, None]
    s.gloss = torch.full_like(u, 0.15)
    return s


def leaf(p: Patch, mood: Mood) -> Surface:
    """Leaves through the year; params rank, hue, depth in the crown."""
    s = Surface.plain(p)
    hue, depth = p.params[:, 1], p.params[:, 2]
    summer = p.tint * (0.75 + 0.5 * hue)[:, None]
    at = (p.params[:, 3] > 0).nonzero().squeeze(1)
    if at.numel():
        st = p.uv[at] / p.size[at]
        single = tones()[stencil_index(p.params[at, 3].long(), st[:, 0], st[:, 1])]
        summer[at] *= (1 + 0.42 * single * (1 - smooth(0.03, 0.16, p.footprint[at])))[:, None]
    fresh = summer * color(1.35, 1.25, 0.75)
    fall = torch.where((hue > 0.55)[:, None], color(0.34, 0.13, 0.02), color(0.42, 0.27, 0.035))
    fall = mix(fall, color(0.20, 0.05, 0.02).expand_as(fall), (hue * 7.7) % 1.0 * 0.5)
    base = mix(summer, fresh, mood.fresh * (p.params[:, 4] < 0.5))
    turned = ((hue * 3.7) % 1.0 < mood.autumn * 1.15).float() * min(1.0, 0.4 + mood.autumn)
    turned = turned * (p.params[:, 4] < 0.5)
    s.albedo = mix(base, fall, turned)
    s.through = torch.full_like(hue, 0.55)
    s.ambient = 0.45 + 0.65 * depth
    s.gloss = torch.full_like(hue, 0.05)
    return s


def _covered(off: Tensor, wide: Tensor | float, footprint: Tensor) -> Tensor:
    """(M,) share of samples that a joint covers: `off` metres from its middle, `wide` metres."""
    sample = footprint.clamp_min(1e-4)
    most = (wide / sample).clamp(max=1)
    return ((0.5 * (wide + sample) - off) / sample).clamp(0, 1).minimum(most)


def planks(p: Patch, mood: Mood) -> Surface:
    """Wooden boards: floor, table tops, cupboards; params board width, length, gloss."""
    s = Surface.plain(p)
    u, v = p.uv.unbind(1)
    width, length = p.params[:, 0].clamp_min(0.02), p.params[:, 1].clamp_min(0.05)
    row = (u / width).floor()
    at = v / length + cell_hash(row, row * 0, 3)
    board = at.floor()
    each = cell_hash(row, board, 11)
    figure = tile(u * 0.55 + each * 3.1, v * 0.045 + each * 1.7)
    pores = grain(u * 2.3 + each, v * 0.16)
    near = 1 - smooth(0.012, 0.05, p.footprint)
    figure = figure * (1 - 0.9 * smooth(0.006, 0.03, p.footprint))[:, None]  # grain finer than a sample twinkles
    each = 0.5 + (each - 0.5) * (1 - 0.8 * smooth(0.2, 0.8, p.footprint / width))
    across, along = u / width - row, at - board
    joint = torch.maximum(
        _covered(torch.minimum(across, 1 - across) * width, 0.022 * width, p.footprint),
        _covered(torch.minimum(along, 1 - along) * length, 0.004, p.footprint),
    )
    pores = pores[:, 0] * (1 - smooth(0.002, 0.01, p.footprint))
    tone = 1 + 0.30 * (each - 0.5) + 0.10 * figure[:, 2] + 0.10 * figure[:, 1] + 0.05 * pores
    tone = tone * (1 - 0.55 * joint) * (1 - 0.12 * mood.wear * figure[:, 3].clamp_min(0))
    s.albedo = p.tint * tone.clamp(0.3, 1.7)[:, None]
    s.gloss = p.params[:, 2] * (1 - 0.5 * mood.wear)
    lean = 0.012 * near * (each - 0.5)
    s.normal = torch.nn.functional.normalize(p.normal + lean[:, None] * p.tangent, dim=1)
    return s


def cloth(p: Patch, mood: Mood) -> Surface:
    """Upholstery: weave and a soft nap."""
    s = Surface.plain(p)
    scale = p.params[:, 0].clamp_min(0.1)
    a = p.position[:, 0] + p.position[:, 2] * 0.7
    b = p.position[:, 1] + p.position[:, 2] * 0.7
    n = tile(a * 0.9 * scale, b * 0.9 * scale)
    fine = grain(a * 4.1, b * 4.1)
    facing = -(p.direction * p.normal).sum(1)
    sheen = 0.25 * (1 - facing.clamp(0, 1)) ** 3
    s.albedo = p.tint * (1 + 0.07 * n[:, 2] + 0.06 * fine[:, 0] + sheen).clamp(0.4, 1.6)[:, None]
    return s


def rug(p: Patch, mood: Mood) -> Surface:
    """Border rings and a field of diamonds."""
    s = Surface.plain(p)
    edge = torch.minimum(p.uv, p.size - p.uv).amin(1)
    u, v = (p.uv - p.size * 0.5).unbind(1)
    ring = (edge / 0.11).floor()
    band = (ring % 2 == 1) & (edge < 0.46)
    cell_u, cell_v = u / 0.42, v / 0.42
    diamond = ((cell_u - cell_u.round()).abs() + (cell_v - cell_v.round()).abs()) < 0.27
    kernel = ((cell_u - cell_u.round()).abs() + (cell_v - cell_v.round()).abs()) < 0.10
    pale, dark = color(0.42, 0.36, 0.27), color(0.10, 0.11, 0.14)
    field = torch.where(diamond[:, None], p.tint * 0.55 + pale * 0.2, p.tint)
    field = torch.where(kernel[:, None], pale, field)
    s.albedo = torch.where(band[:, None], pale * 0.8, torch.where((edge < 0.46)[:, None], dark + p.tint * 0.25, field))
    fine = grain(p.uv[:, 0] * 2.2, p.uv[:, 1] * 2.2)
    s.albedo = s.albedo * (1 + 0.10 * fine[:, 0] + 0.05 * tile(u * 0.3, v * 0.3)[:, 2])[:, None]
    return s


def wallpaper(p: Patch, mood: Mood) -> Surface:
    """Painted plaster: roller texture, a breath of stain near floor and ceiling."""
    s = Surface.plain(p)
    u, v = p.uv.unbind(1)
    n = tile(u * 0.11 + p.position[:, 0] * 0.01, v * 0.13)
    fine = grain(u * 1.7, v * 1.7)
    stain = mood.wear * 0.14 * smooth(0.3, 1.6, n[:, 3])
    s.albedo = p.tint * (1 + 0.025 * n[:, 1] + 0.02 * fine[:, 0] - stain)[:, None]
    near = (1 - smooth(0.004, 0.02, p.footprint))[:, None]
    s.normal = torch.nn.functional.normalize(
        p.normal + 0.02 * near * (fine[:, 1:2] * p.tangent + fine[:, 2:3] * p.bitangent), dim=1
    )
    s.gloss = torch.full_like(u, 0.04)
    return s


def curtain(p: Patch, mood: Mood) -> Surface:
    """Hanging cloth in folds, light shining through."""
    s = Surface.plain(p)
    phase = p.uv[:, 0] / p.params[:, 0].clamp_min(0.02) * 6.2832 + 0.6 * torch.sin(p.uv[:, 1] * 1.1)
    lean = 0.9 * torch.cos(phase)
    s.normal = torch.nn.functional.normalize(p.normal + lean[:, None] * p.tangent, dim=1)
    s.ambient = 0.78 + 0.22 * torch.sin(phase)
    s.albedo = p.tint * (1 + 0.05 * grain(p.uv[:, 0] * 3.0, p.uv[:, 1] * 3.0)[:, 0])[:, None]
    s.through = torch.full_like(phase, 0.35)
    return s


def art(p: Patch, mood: Mood) -> Surface:
    """A picture: a horizon with a few soft masses in a muted palette."""
    s = Surface.plain(p)
    u, v = (p.uv / p.size).unbind(1)
    salt = p.params[:, 0]
    n = tile(u * 0.25 + salt * 0.37, v * 0.2 + salt * 0.11)
    line = 0.42 + 0.12 * n[:, 3] + 0.1 * (cell_hash(salt, salt * 0, 1) - 0.5)
    hue = cell_hash(salt, salt * 0, 2)
    sky = mix(color(0.52, 0.48, 0.40).expand(len(p), 3), color(0.34, 0.42, 0.46), hue) * (0.8 + 0.3 * v)[:, None]
    land = mix(color(0.20, 0.17, 0.10).expand(len(p), 3), color(0.10, 0.15, 0.15), hue)
    s.albedo = torch.where((v < line)[:, None], land * (1 + 0.5 * n[:, 2:3]), sky * (1 + 0.10 * n[:, 1:2]))
    disc = ((u - 0.3 - 0.4 * hue) * p.size[:, 0]) ** 2 + ((v - 0.68) * p.size[:, 1]) ** 2 < 0.008
    s.albedo = torch.where(disc[:, None], color(0.55, 0.28, 0.12), s.albedo).clamp(0.02, 0.8)
    s.gloss = torch.full_like(u, 0.12)
    return s
