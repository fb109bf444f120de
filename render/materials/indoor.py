"""Things that rooms are made of: dressed stone, tiles, carpet, ceiling panels, concrete, screens, sheet metal."""

from __future__ import annotations

import torch
from torch import Tensor

from render.light.glazing import held
from render.materials.base import Mood, Patch, Surface, color, mix, smooth
from render.materials.noise import cell_hash, grain, tile


def _joint(at: Tensor, period: Tensor | float, width: float, footprint: Tensor) -> Tensor:
    """(M,) 0–1 how much of the sample is joint, 0 far away where it would flicker."""
    off = (at - at.round()).abs() * period
    sharp = 1 - smooth(0.5, 1.5, off / (0.5 * width + 0.35 * footprint))
    return sharp * (1 - 0.85 * smooth(width * 0.8, width * 6, footprint))


def _tilted(p: Patch, u: Tensor, v: Tensor) -> Tensor:
    return torch.nn.functional.normalize(p.normal + u[:, None] * p.tangent + v[:, None] * p.bitangent, dim=1)


def stone(p: Patch, mood: Mood) -> Surface:
    """Dressed stone in courses by world height; params block length, block height, hash, gloss."""
    s = Surface.plain(p)
    flat = p.normal[:, 2].abs() > 0.7
    long, high = p.params[:, 0].clamp_min(0.1), p.params[:, 1].clamp_min(0.1)
    u = torch.where(flat, p.street[:, 0], p.street[:, 0] + p.street[:, 1] * 1.0)
    v = torch.where(flat, p.street[:, 1], p.position[:, 2])
    course = (v / high).floor()
    along = u / long + 0.5 * (course % 2) + 0.22 * cell_hash(course, course * 0, 5)
    block = along.floor()
    each = cell_hash(block, course, p.params[:, 2])
    joint = torch.maximum(_joint(along, long, 0.012, p.footprint), _joint(v / high, high, 0.012, p.footprint))
    n = tile(u * 0.07 + 0.02 * v, v * 0.07)
    fine = grain(u * 0.9 + each, v * 0.9)
    near = 1 - smooth(0.01, 0.06, p.footprint)
    damp = mood.wear * smooth(0.5, 2.0, n[:, 3] + 0.9 - 0.5 * p.position[:, 2]) * ~flat
    tone = 1 + 0.17 * (each - 0.5) + 0.07 * n[:, 1] + 0.05 * near * fine[:, 0] - 0.10 * mood.wear * n[:, 3].clamp_min(0)
    s.albedo = p.tint * (tone * (1 - 0.30 * joint) * (1 - 0.22 * damp)).clamp(0.3, 1.5)[:, None]
    s.albedo = mix(s.albedo, s.albedo * color(1.06, 0.98, 0.86), smooth(-0.5, 1.5, n[:, 2]))
    s.normal = _tilted(p, 0.05 * near * fine[:, 1] + 0.02 * (each - 0.5), 0.05 * near * fine[:, 2])
    s.gloss = p.params[:, 3] * (1 - joint)
    return s


def bricks(p: Patch, mood: Mood) -> Surface:
    """Brickwork, bare or painted over; a pattern of .225 × .075 m that fades to its mean."""
    s = Surface.plain(p)
    u, v = p.street[:, 0] + p.street[:, 1], p.position[:, 2]
    row = (v / 0.075).floor()
    along = u / 0.225 + 0.5 * (row % 2)
    each = cell_hash(along.floor(), row, 21)
    joint = torch.maximum(_joint(along, 0.225, 0.010, p.footprint), _joint(v / 0.075, 0.075, 0.010, p.footprint))
    painted = p.params[:, 0] > 0.5
    n = tile(u * 0.09, v * 0.09)
    fine = grain(u * 1.3, v * 1.3)
    spread = torch.where(painted, 0.06, 0.42)
    tone = 1 + spread * (each - 0.5) + 0.06 * n[:, 1] + 0.03 * fine[:, 0]
    s.albedo = p.tint * tone[:, None]
    mortar = torch.where(painted[:, None], p.tint * 0.78, color(0.34, 0.32, 0.29))
    s.albedo = mix(s.albedo, mortar, joint * 0.85)
    worn = painted & (n[:, 3] > 2.1 - 1.3 * mood.wear) & (each > 0.3)
    s.albedo = mix(s.albedo, color(0.30, 0.15, 0.10), worn.float() * 0.75)
    near = 1 - smooth(0.006, 0.03, p.footprint)
    s.normal = _tilted(p, near * 0.05 * (each - 0.5), near * (0.05 * fine[:, 1] - 0.10 * joint))
    return s


def tiles(p: Patch, mood: Mood) -> Surface:
    """Glazed tiles: each a shade and a tilt of its own; params width, height, joint, gloss."""
    s = Surface.plain(p)
    u, v = p.uv.unbind(1)
    wide, high = p.params[:, 0].clamp_min(0.02), p.params[:, 1].clamp_min(0.02)
    i, j = (u / wide).floor(), (v / high).floor()
    off_u, off_v = u - (i + 0.5) * wide, v - (j + 0.5) * high
    each, other = cell_hash(i, j, 31), cell_hash(i, j, 32)
    half = 0.5 * p.params[:, 2]
    edge = torch.minimum(wide * 0.5 - off_u.abs(), high * 0.5 - off_v.abs())
    joint = (1 - smooth(0.6, 1.6, edge / (half + 0.3 * p.footprint))) * (1 - smooth(0.012, 0.06, p.footprint) * 0.8)
    n = tile(u * 0.21, v * 0.21)
    tone = 1 + 0.09 * (each - 0.5) + 0.02 * n[:, 1] - 0.06 * mood.wear * n[:, 3].clamp_min(0)
    s.albedo = mix(p.tint * tone[:, None], p.tint * 0.55 + 0.05, joint * (0.7 + 0.3 * mood.wear))
    near = 1 - smooth(0.02, 0.08, p.footprint)
    s.normal = _tilted(p, near * 0.025 * (each - 0.5), near * 0.025 * (other - 0.5))
    s.gloss = p.params[:, 3] * (1 - joint) * (1 - 0.35 * mood.wear * smooth(0, 1.5, n[:, 2]))
    return s


def carpet(p: Patch, mood: Mood) -> Surface:
    """Carpet tiles, turned a quarter each, trodden where people walk; params side, hash."""
    s = Surface.plain(p)
    a, c = p.street.unbind(1)
    side = p.params[:, 0].clamp_min(0.1)
    i, j = (a / side).floor(), (c / side).floor()
    each = cell_hash(i, j, p.params[:, 1])
    pile = grain(a * 3.1, c * 3.1)
    n = tile(a * 0.05, c * 0.05)
    turned = torch.where((i + j) % 2 == 0, pile[:, 0], pile[:, 2])
    near = 1 - smooth(0.001, 0.010, p.footprint)
    accent = (each > 0.93).float()
    tone = 1 + 0.10 * (each - 0.5) + 0.16 * near * turned + 0.06 * n[:, 1] - 0.14 * mood.wear * n[:, 3].clamp_min(0)
    s.albedo = mix(p.tint, p.tint * color(0.75, 1.05, 1.15), accent) * tone[:, None]
    seam = torch.maximum(_joint(a / side, side, 0.006, p.footprint), _joint(c / side, side, 0.006, p.footprint))
    s.albedo = s.albedo * (1 - 0.22 * seam)[:, None]
    return s


def panels(p: Patch, mood: Mood) -> Surface:
    """A suspended ceiling: fissured panels in a metal grid; params side."""
    s = Surface.plain(p)
    a, c = p.street.unbind(1)
    side = p.params[:, 0].clamp_min(0.1)
    rail = torch.maximum(_joint(a / side, side, 0.024, p.footprint), _joint(c / side, side, 0.024, p.footprint))
    each = cell_hash((a / side).round(), (c / side).round(), 41)
    fine = grain(a * 1.9, c * 1.9)
    near = 1 - smooth(0.008, 0.04, p.footprint)
    n = tile(a * 0.11, c * 0.11)
    stain = (each > 0.96 - 0.05 * mood.wear) * smooth(0.2, 1.2, n[:, 2]) * mood.wear
    tone = 1 + 0.03 * (each - 0.5) - 0.10 * near * (fine[:, 0] > 1.0).float()
    s.albedo = mix(p.tint * tone[:, None], color(0.45, 0.36, 0.24), 0.5 * stain)
    s.albedo = mix(s.albedo, p.tint * 0.80, rail * 0.7)
    return s


def concrete(p: Patch, mood: Mood) -> Surface:
    """A floated slab with saw cuts, tyre marks and repairs; params side of a bay, gloss."""
    s = Surface.plain(p)
    a, c = p.street.unbind(1)
    side = p.params[:, 0].clamp_min(0.5)
    upright = p.normal[:, 2].abs() < 0.5
    a = torch.where(upright, a + c, a)
    c = torch.where(upright, p.position[:, 2], c)
    n, m = tile(a * 0.031, c * 0.031), tile(a * 0.17, c * 0.17)
    fine = grain(a * 1.1, c * 1.1)
    cut = torch.maximum(_joint(a / side, side, 0.010, p.footprint), _joint(c / side, side, 0.010, p.footprint))
    marks = smooth(1.0, 2.0, m[:, 2] + 0.6 * n[:, 3]) * mood.wear
    crack = (m[:, 1].abs() < 0.03) & (n[:, 2] > 1.0 - 0.8 * mood.wear)
    tone = 1 + 0.10 * n[:, 2] + 0.06 * m[:, 1] + 0.03 * fine[:, 0] - 0.28 * marks
    tone = tone * (1 - 0.5 * cut) * torch.where(crack, 0.72, 1.0)
    s.albedo = p.tint * tone.clamp(0.25, 1.5)[:, None]
    s.gloss = p.params[:, 1] * (0.55 + 0.45 * smooth(-1, 1, n[:, 1])) * (1 - 0.6 * marks)
    s.normal = _tilted(p, 0.012 * fine[:, 1], 0.012 * fine[:, 2])
    return s


def monitor(p: Patch, mood: Mood) -> Surface:
    """A screen: windows with lines of text, a chart, or a dark editor; params hash, brightness, on by day."""
    s = Surface.plain(p)
    u, v = (p.uv / p.size).unbind(1)
    salt = p.params[:, 0]
    zero = salt * 0
    style = cell_hash(salt, zero, 51)
    line = (v * 22).floor()
    indent = 0.08 + 0.10 * (cell_hash(line, salt, 52) * 4).floor() / 4
    length = 0.15 + 0.55 * cell_hash(line, salt, 53)
    in_line = ((v * 22 - line) > 0.35) & ((v * 22 - line) < 0.75)
    text = in_line & (u > indent) & (u < indent + length) & (cell_hash(line, salt, 54) > 0.25)
    word = cell_hash((u * 16).floor(), line, 55)
    hue = torch.stack([0.35 + 0.5 * word, 0.55 + 0.2 * cell_hash((u * 16).floor(), line, 56), 0.85 - 0.5 * word], 1)
    # lines of text finer than a sample are the grey that they make
    blurred = smooth(0.2, 0.7, p.footprint * 22 / p.size[:, 1])
    ink = torch.lerp(text.float(), 0.2 * ((u > 0.1) & (u < 0.6)).float(), blurred)
    editor = mix(color(0.018, 0.024, 0.034).expand(len(p), 3), hue * 0.6, ink * (word > 0.12))
    column = (u * 9).floor()
    tall = 0.15 + 0.6 * cell_hash(column, salt, 57)
    chart = (v < tall) & (v > 0.12) & ((u * 9 - column) > 0.25) & (u > 0.1) & (u < 0.9)
    sheet = mix(color(0.72, 0.75, 0.78).expand(len(p), 3), color(0.30, 0.36, 0.44), ink * 0.8)
    bars = mix(color(0.72, 0.75, 0.78).expand(len(p), 3), color(0.10, 0.34, 0.50), chart.float())
    shown = torch.where((style < 0.42)[:, None], editor, torch.where((style < 0.72)[:, None], sheet, bars))
    top = (v > 0.94).float()
    shown = mix(shown, color(0.22, 0.26, 0.32), top)
    on = (cell_hash(salt, zero, 58) < 0.82).float() * torch.where(p.params[:, 2] > 0.5, 1.0, min(1.0, 2.0 * mood.lamps))
    unit = mood.display * p.params[:, 1] * on
    s.emission = shown * unit[:, None]
    s.albedo = torch.full_like(s.albedo, 0.02)
    s.gloss = torch.full_like(u, 0.35)
    return s


def ribbed(p: Patch, mood: Mood) -> Surface:
    """Trapezoidal sheet metal; params pitch, 1 when the ribs run along u, gloss."""
    s = Surface.plain(p)
    pitch = p.params[:, 0].clamp_min(0.02)
    along_u = p.params[:, 1] > 0.5
    across, along = torch.where(along_u, p.uv[:, 1], p.uv[:, 0]), torch.where(along_u, p.uv[:, 0], p.uv[:, 1])
    # upright sheets share one origin, so that ribs run on from a wall into its gable
    upright = (p.normal[:, 2].abs() < 0.5) & ~along_u
    across = torch.where(upright, p.street[:, 0] + p.street[:, 1], across)
    along = torch.where(upright, p.position[:, 2], along)
    phase = across / pitch
    off = phase - phase.floor()
    far = smooth(0.10, 0.35, p.footprint / pitch)
    slope = torch.where((off - 0.5).abs() > 0.36, torch.sign(off - 0.5), 0.0) * (1 - far)
    n = tile(across * 0.05, along * 0.02)
    rust = smooth(1.1 - 0.9 * mood.wear, 2.4 - 0.9 * mood.wear, n[:, 3] + 0.4 * n[:, 1]) * mood.wear
    lean = 0.55 * slope
    s.normal = _tilted(p, torch.where(along_u, 0.0, lean), torch.where(along_u, lean, 0.0))
    s.ambient = 1 - 0.28 * (slope != 0).float() - 0.10 * far
    s.albedo = mix(p.tint * (1 + 0.05 * n[:, 1])[:, None], color(0.20, 0.09, 0.04), 0.7 * rust)
    s.gloss = p.params[:, 2] * (1 - rust)
    return s


def metal(p: Patch, mood: Mood) -> Surface:
    """Painted or bare metal, rubbed bright at random and rusty with wear; params gloss, wear gain."""
    s = Surface.plain(p)
    a, c = p.position[:, 0] + 0.7 * p.position[:, 1], p.position[:, 2] + 0.3 * p.position[:, 1]
    n = tile(a * 0.21, c * 0.21)
    worn = mood.wear * p.params[:, 1]
    chip = smooth(2.0, 2.5, n[:, 1] + 0.6 * n[:, 3] + 1.5 * worn) * smooth(0.05, 0.2, worn)
    s.albedo = mix(p.tint * (1 + 0.06 * n[:, 2])[:, None], color(0.17, 0.09, 0.05), 0.8 * chip)
    s.gloss = p.params[:, 0] * (1 - 0.7 * chip)
    return s


def stained(p: Patch, mood: Mood) -> Surface:
    """Leaded glass that the day shines through; params hash, share of daylight, pitch of the leads, 0–1 how pale."""
    s = Surface.plain(p)
    u, v = p.uv.unbind(1)
    pitch = p.params[:, 2].clamp_min(0.04)
    a, c = (u + v * 0.62) / pitch, (u - v * 0.62) / pitch
    i, j = a.floor(), c.floor()
    each = cell_hash(i, j, p.params[:, 0])
    lead = torch.maximum(_joint(a, pitch, 0.018, p.footprint), _joint(c, pitch, 0.018, p.footprint))
    across = (u / p.size[:, 0] - 0.5) * 2
    up = v / p.size[:, 1]
    medal = ((across**2) + ((up - 0.55) * p.size[:, 1] / p.size[:, 0] * 2) ** 2) < 0.55
    border = (across.abs() > 0.74) | (up < 0.05)
    blue, red = color(0.10, 0.20, 0.62), color(0.62, 0.09, 0.07)
    gold, green, pale = color(0.85, 0.52, 0.13), color(0.12, 0.42, 0.20), color(0.70, 0.74, 0.70)
    hue = torch.where((each < 0.52)[:, None], blue, torch.where((each < 0.74)[:, None], pale, gold))
    inner = torch.where((each < 0.45)[:, None], red, torch.where((each < 0.72)[:, None], gold, pale))
    rim = torch.where((each < 0.5)[:, None], red, green)
    plain = mix(color(0.62, 0.66, 0.56), color(0.72, 0.60, 0.36), smooth(0.55, 0.95, each))
    glass = torch.where(border[:, None], rim, torch.where(medal[:, None], inner, hue)) * (0.6 + 0.8 * each)[:, None]
    edge = mix(glass, plain, torch.full_like(u, 0.35))
    quarry = torch.where(border[:, None], edge, plain * (0.8 + 0.3 * each)[:, None])
    glass = mix(glass, quarry, p.params[:, 3])
    # panes finer than a sample melt into their window's mean, or else they twinkle from camera to camera
    soft = torch.where(border[:, None], color(0.32, 0.24, 0.14),
                       torch.where(medal[:, None], color(0.68, 0.36, 0.20), color(0.40, 0.35, 0.44)))
    soft = mix(soft, color(0.62, 0.62, 0.50), p.params[:, 3])
    glass = mix(glass, soft, 0.9 * smooth(0.25, 0.9, p.footprint / pitch))
    shine = mood.daylight * p.params[:, 1:2]
    s.emission = held(glass * shine, mood.display, 0.85) * (1 - 0.94 * lead)[:, None]
    s.albedo = glass * 0.10 + 0.01
    s.gloss = torch.full_like(u, 0.2)
    return s


def frosted(p: Patch, mood: Mood) -> Surface:
    """Milky glass or a translucent roof sheet: it glows with the day outside; params share of daylight."""
    s = Surface.plain(p)
    n = tile(p.uv[:, 0] * 0.13, p.uv[:, 1] * 0.13)
    dirt = 1 - 0.25 * mood.wear * n[:, 3].clamp_min(0) - 0.04 * n[:, 1].abs()
    s.emission = held(p.tint * mood.daylight * p.params[:, :1], mood.display, 1.7) * dirt[:, None]
    s.albedo = p.tint * 0.25
    s.gloss = torch.full_like(dirt, 0.12)
    return s


def carton(p: Patch, mood: Mood) -> Surface:
    """Cardboard: a taped seam, a label, corners rubbed dark; params hash."""
    s = Surface.plain(p)
    salt = p.params[:, 0]
    u, v = (p.uv / p.size).unbind(1)
    each = cell_hash(salt, salt * 0, 61)
    n = tile(p.uv[:, 0] * 0.3 + each * 7, p.uv[:, 1] * 0.3)
    s.albedo = p.tint * ((0.82 + 0.36 * each) * (1 + 0.06 * n[:, 1] - 0.10 * mood.wear * n[:, 3].clamp_min(0)))[:, None]
    upright = p.normal[:, 2].abs() < 0.5
    tape = (((u - 0.5).abs() * p.size[:, 0]) < 0.03) & ~upright
    label = upright & ((u - 0.68).abs() < 0.14) & ((v - 0.6).abs() < 0.16) & (each > 0.25)
    lines = (((v * 30).floor() % 2) == 0) & ((u - 0.68).abs() < 0.10)
    far = smooth(0.25, 0.8, p.footprint * 30 / p.size[:, 1].clamp_min(0.05))
    s.albedo = mix(s.albedo, color(0.46, 0.38, 0.26), tape.float() * 0.7)
    printed = torch.where(lines[:, None], color(0.15, 0.15, 0.16), color(0.62, 0.61, 0.58))
    printed = mix(printed, color(0.45, 0.44, 0.43), far)
    s.albedo = mix(s.albedo, printed, label.float())
    edge = torch.minimum(torch.minimum(u, 1 - u) * p.size[:, 0], torch.minimum(v, 1 - v) * p.size[:, 1])
    s.albedo = s.albedo * (1 - 0.20 * (1 - smooth(0.004, 0.02, edge)))[:, None]
    return s


def panel_light(p: Patch, mood: Mood) -> Surface:
    """A light that is on by day too; params display brightness by day, and when all lamps are lit."""
    s = Surface.plain(p)
    lit = min(1.0, 2.0 * mood.lamps)
    level = p.params[:, 0] * (1 - lit) + p.params[:, 1] * lit
    s.emission = p.tint * (mood.display * level)[:, None]
    s.albedo = p.tint * 0.4
    return s
