"""Facades: one primitive per wall; windows, reveals, glass and the rooms behind are computed per point.

Rooms are interior mapping (van Dongen 2008): the ray goes on into a box of one bay by one floor. What is narrower than
a sample takes its share of it: piers between panes, sills, bars; or else two cameras would see two patterns.
"""

from __future__ import annotations

import torch
from torch import Tensor

from render.materials.base import Mood, Patch, Surface, color, either, mix, smooth, stripe, told, within
from render.materials.glass import fresnel, hint_of_room, mirrored
from render.materials.noise import cell_hash, grain, tile

RECESS_M = 0.14
SILL_M = 0.85
_RIM_M = 0.004
"""A sample that only touches an opening is answered from this far inside."""
BRICK, STUCCO, ASHLAR, CURTAIN_WALL, RUBBLE = 0, 1, 2, 3, 4


def facade(p: Patch, mood: Mood) -> Surface:
    """Walls with rows of windows; params: bay, floor, window share and height, style, hash, first row."""
    out = Surface.plain(p)
    bay_m, floor_m, share, window_h, style, salt, first = p.params[:, :7].unbind(1)
    u, v = p.uv.unbind(1)
    bays = (p.size[:, 0] / bay_m).floor().clamp_min(1)
    bay = p.size[:, 0] / bays
    rows = ((p.size[:, 1] - first - 0.4) / floor_m).floor()
    column = (u / bay).floor()
    row = ((v - first) / floor_m).floor()
    glassy = (style > 2.5) & (style < 3.5)
    half_w = torch.where(glassy, bay * 0.5 - 0.03, bay * share * 0.5)
    sill = torch.where(glassy, 0.75, SILL_M)
    high = torch.where(glassy, floor_m - 0.78, window_h)
    x = u - (column + 0.5) * bay
    y = v - first - row * floor_m - sill
    has_window = (row >= 0) & (row < rows) & (share > 0.01)
    wide, tall = p.reach()
    across, up = u / bay - 0.5, (v - first - sill) / floor_m  # where windows have their middle, and begin

    def share_of(beside: float, below: float, above: float | Tensor) -> Tensor:
        """Share of a sample within that many metres around the windows' openings."""
        half = half_w + beside
        level = stripe(across + half / bay, 2 * half / bay, wide / bay)
        return level * stripe(up + below / floor_m, (high + below + above) / floor_m, tall / floor_m)

    open_share = told(torch.where(has_window, share_of(0.0, 0.0, 0.0), 0.0))
    out.albedo = _wall(p, mood, style, salt)
    trim = share_of(0.14, 0.02, 0.18) + share_of(0.22, 0.16, -high)
    framed = torch.where(has_window & ~glassy, (trim - open_share) / (1 - open_share).clamp_min(0.05), 0.0).clamp(0, 1)
    _trim(out, p, x, y, half_w, framed, has_window & ~glassy, v, first, floor_m, tall)
    index = (open_share > 0).nonzero().squeeze(1)
    if index.numel():
        cell = _Cell(
            torch.minimum(x.abs(), half_w - _RIM_M)[index] * x[index].sign(),
            torch.minimum(y.clamp_min(_RIM_M), high - _RIM_M)[index],
            half_w[index],
            high[index],
            bay[index],
            floor_m[index],
            sill[index],
            torch.where(glassy[index], 0.06, RECESS_M),
            cell_hash(column[index], row[index], salt[index]),
            glassy[index],
            row[index],
            cell_hash((column[index] / 3).floor(), row[index], salt[index] + 7),
            wide[index],
            tall[index],
        )
        out.blend(index, _opening(p.pick(index), cell, mood), open_share[index])
    return out


def masonry(p: Patch, mood: Mood) -> Surface:
    """Bare walls without windows, and single stones: courses, lichen, moss where rain rests."""
    s = Surface.plain(p)
    style, salt = p.params[:, 4], p.params[:, 5]
    s.albedo = _wall(p, mood, style, salt)
    a, c = p.position[:, 0] + 0.7 * p.position[:, 2], p.position[:, 1] - 0.6 * p.position[:, 2]
    n = tile(a * 0.035, c * 0.035)
    fine = tile(a * 0.31, c * 0.31) * (1 - smooth(0.02, 0.09, p.footprint))[:, None]
    pale = smooth(0.9, 1.5, fine[:, 2] + 0.5 * n[:, 1]) * 0.55
    s.albedo = mix(s.albedo, color(0.40, 0.40, 0.32), pale)
    rests = smooth(0.25, 0.9, p.normal[:, 2] + 0.35 * n[:, 2] + 0.12 * fine[:, 1])
    low = torch.exp(-(p.position[:, 2] + 0.4).clamp_min(0) / 0.9) * smooth(-0.2, 0.9, n[:, 3])
    moss = (0.55 + 0.45 * mood.wear) * torch.maximum(rests, 0.7 * low)
    dry = (0.5 + 0.5 * fine[:, 0]).clamp(0, 1)
    green = mix(color(0.060, 0.072, 0.022).expand_as(p.tint), color(0.11, 0.105, 0.045), dry)
    s.albedo = mix(s.albedo, green, moss.clamp(0, 1) * 0.85)
    if mood.wet > 0.02:
        s.albedo = s.albedo * (1 - 0.4 * min(1.0, 1.4 * mood.wet) * smooth(0.1, 0.5, p.open))[:, None]
        s.gloss = torch.full_like(a, 0.25 * mood.wet)
    return s


class _Cell:
    """One window per point: place in the opening (metres from its middle and sill), sizes, what the sample covers."""

    def __init__(self, *values: Tensor) -> None:
        (self.x, self.y, self.half_w, self.high, self.bay, self.floor, self.sill, self.recess, self.hash, self.glassy,
         self.row, self.group, self.across, self.up) = values  # fmt: skip

    def pick(self, index: Tensor) -> _Cell:
        return _Cell(*(getattr(self, k)[index] for k in (
            "x", "y", "half_w", "high", "bay", "floor", "sill", "recess", "hash", "glassy", "row", "group",
            "across", "up",
        )))  # fmt: skip


def _wall(p: Patch, mood: Mood, style: Tensor, salt: Tensor) -> Tensor:
    # Courses hang on the world's own level and plumb, so that they go on from a wall into its gable.
    level = torch.stack([-p.normal[:, 1], p.normal[:, 0]], 1)
    u = (p.position[:, :2] * torch.nn.functional.normalize(level, dim=1)).sum(1)
    lying = p.normal[:, 2].abs() > 0.8
    u = torch.where(lying, p.position[:, 0], u)
    high, v = p.uv[:, 1], torch.where(lying, p.position[:, 1], p.position[:, 2])
    stain = tile(u * 0.031 + salt * 0.137, v * 0.023 + salt * 0.071)
    fine = grain(u * 0.9, v * 0.9)
    streak = tile(u * 0.11 + salt * 0.31, high * 0.009)
    tint = p.tint * (1 + 0.09 * stain[:, 2:3] + 0.05 * fine[:, 0:1] * (1 - smooth(0.02, 0.08, p.footprint))[:, None])

    for low, high_, pattern in ((-9.0, 0.5, _bricks), (1.5, 2.5, _ashlar), (3.5, 9.0, _rubble)):
        part = (style > low) & (style < high_)
        at = part.nonzero().squeeze(1)
        if at.numel() == len(p):
            tint = pattern(tint, p.tint, u, v, p.footprint, fine)
        elif at.numel():
            tint[at] = pattern(tint[at], p.tint[at], u[at], v[at], p.footprint[at], fine[at])

    dirt = (0.10 + 0.5 * mood.wear) * smooth(0.15, 1.9, streak[:, 3] + 0.5 * stain[:, 1])
    foot = torch.exp(-high / 0.7) * (0.12 + 0.35 * mood.wear)
    return (tint * (1 - dirt - foot).clamp_min(0.25)[:, None]).clamp(0.01, 0.9)


def _bricks(tint: Tensor, mean: Tensor, u: Tensor, v: Tensor, footprint: Tensor, fine: Tensor) -> Tensor:
    near = 1 - smooth(0.03, 0.10, footprint)  # courses fade to their mean
    course = (v / 0.075).floor()
    along = u / 0.225 + 0.5 * (course % 2)
    joint = either(stripe(v / 0.075, 0.13, footprint / 0.075), stripe(along, 0.045, footprint / 0.225))
    each = cell_hash(along.floor(), course, 5) - 0.5
    tint = tint * (1 + near * 0.42 * each)[:, None]
    tint = mix(tint, mean.mean(1, keepdim=True) * color(1.15, 1.1, 1.0), near * joint * 0.6)
    return tint * (1 - (1 - near) * 0.06)[:, None]


def _ashlar(tint: Tensor, mean: Tensor, u: Tensor, v: Tensor, footprint: Tensor, fine: Tensor) -> Tensor:
    block = (v / 0.42).floor()
    across = u / 0.9 + 0.5 * (block % 2)
    seam = either(stripe(v / 0.42, 0.035, footprint / 0.42), stripe(across, 0.018, footprint / 0.9))
    tint = tint * (1 + 0.16 * (cell_hash(across.floor(), block, 9) - 0.5))[:, None]
    return tint * (1 - (1 - smooth(0.06, 0.25, footprint)) * seam * 0.45)[:, None]


def _rubble(tint: Tensor, mean: Tensor, u: Tensor, v: Tensor, footprint: Tensor, fine: Tensor) -> Tensor:
    row = (v / 0.24).floor()
    wide = 0.34 + 0.22 * cell_hash(row, row * 0, 21)
    at = u / wide + 7.3 * cell_hash(row, row * 0, 22)
    each = cell_hash(at.floor(), row, 23)
    wavy = 0.05 * tile(u * 0.9, v * 0.9)
    gap = torch.minimum((v / 0.24 - row + wavy[:, 0]).remainder(1), (at - at.floor() + wavy[:, 1]).remainder(1) * 1.6)
    close = 1 - smooth(0.03, 0.13, footprint)
    tint = tint * (1 + close * (0.50 * (each - 0.5) + 0.08 * fine[:, 1]))[:, None]
    warm = (cell_hash(at.floor(), row, 24) > 0.72).float() * close
    tint = tint * (1 + warm[:, None] * (color(1.12, 0.92, 0.74) - 1))
    return mix(tint, mean * 0.62 + 0.03, close * (1 - smooth(0.05, 0.16, gap)) * 0.75)


def _trim(
    out: Surface, p: Patch, x: Tensor, y: Tensor, half_w: Tensor, framed: Tensor, on: Tensor, v: Tensor, first: Tensor,
    floor_m: Tensor, tall: Tensor,
) -> None:
    """Surrounds and sills, of which a sample holds the share `framed`, with their shade and drip stains; courses."""
    light = out.albedo.mean(1, keepdim=True).clamp(0.2, 0.5) * color(1.12, 1.08, 1.0) + 0.06
    out.albedo = mix(out.albedo, light, framed * 0.75)
    under = on & (x.abs() < half_w + 0.2) & (y <= -0.16) & (y > -0.42)
    seen = 1 - smooth(0.1, 0.3, tall)
    out.sun = torch.where(under, 1 - seen * (1 - smooth(0.10, 0.26, -0.16 - y)), out.sun)
    out.ambient = torch.where(under, 1 - 0.38 * seen * (1 - smooth(0, 0.25, -0.16 - y)), out.ambient)
    two = 2 * floor_m
    course = stripe((v - first - floor_m + 0.09) / two, 0.09 / two, tall / two)
    out.albedo = mix(out.albedo, light, course * ((p.params[:, 4] < 2.5) & (p.params[:, 2] > 0.01)) * 0.6)


def _opening(p: Patch, c: _Cell, mood: Mood) -> Surface:
    """Reveals, frames and glass of points in openings."""
    surface = Surface.plain(p)
    normal = p.normal
    dx, dy = (p.direction * p.tangent).sum(1), (p.direction * p.bitangent).sum(1)
    dn = -(p.direction * normal).sum(1)
    step = c.recess / dn.clamp_min(0.02)
    x, y = c.x + dx * step, c.y + dy * step
    pane = (x.abs() < c.half_w) & (y > 0) & (y < c.high)

    # Sides of the recess: which one the ray meets first.
    side = x.abs() - c.half_w > torch.maximum(-y, y - c.high)
    sideways = p.tangent * (-torch.sign(dx))[:, None]
    upright = p.bitangent * torch.where(y <= 0, 1.0, -1.0)[:, None]
    surface.normal = torch.where(side[:, None], sideways, upright)
    surface.albedo = (p.tint.mean(1, keepdim=True) * 0.4 + 0.22).expand(-1, 3).clone()
    surface.ambient = torch.where(y > c.high, 0.4, 0.62)
    down = -(mood.sun @ normal.T).clamp_min(1e-3)
    lx = c.x + dx * step * 0.5 + 0.5 * c.recess * (p.tangent @ mood.sun) / -down
    ly = c.y + dy * step * 0.5 + 0.5 * c.recess * (p.bitangent @ mood.sun) / -down
    surface.sun = _inside(lx, ly, c)

    at = pane.nonzero().squeeze(1)
    if at.numel():
        k = c.pick(at)
        lx = x[at] + k.recess * (p.tangent[at] @ mood.sun) / -down[at]
        ly = y[at] + k.recess * (p.bitangent[at] @ mood.sun) / -down[at]
        surface.put(at, _pane(p.pick(at), k, x[at], y[at], mood, _inside(lx, ly, k)))
    return surface


def _inside(x: Tensor, y: Tensor, c: _Cell) -> Tensor:
    """Soft test that the way to the sun leaves through the opening."""
    gap = torch.minimum(torch.minimum(c.half_w - x.abs(), y), c.high - y)
    return ((gap + 0.03) / 0.06).clamp(0, 1)


def _pane(p: Patch, c: _Cell, x: Tensor, y: Tensor, mood: Mood, sun: Tensor) -> Surface:
    """Frame and glass at (x, y) of the recessed pane."""
    s = Surface.plain(p)
    clear = told(_clear(c, x, y))
    pale = (c.hash * 7.3 % 1.0 > 0.35) & ~c.glassy
    s.albedo = torch.where(pale[:, None], color(0.55, 0.54, 0.50), color(0.07, 0.075, 0.08))
    s.ambient = torch.full_like(x, 0.75)
    s.sun = sun
    s.albedo = mix(s.albedo, color(0.012, 0.012, 0.012), clear)
    s.glass = clear
    glass = (clear > 0).nonzero().squeeze(1)
    if glass.numel():
        seen = _room(p.pick(glass), c.pick(glass), x[glass], y[glass], mood)
        s.emission[glass] = seen * clear[glass][:, None]
    return s


def _clear(c: _Cell, x: Tensor, y: Tensor) -> Tensor:
    """(M,) share of a sample that is glass, not frame or bar."""
    frame = torch.where(c.glassy, 0.03, 0.07)
    across, up = c.across.clamp_min(1e-3), c.up.clamp_min(1e-3)
    level = within(x, -c.half_w, c.half_w, across).clamp_min(1e-3)
    upright = within(y, 0.0, c.high, up).clamp_min(1e-3)
    clear = within(x, frame - c.half_w, c.half_w - frame, across) * within(y, frame, c.high - frame, up)
    bars = (1 - within(x, -0.025, 0.025, across) / level) * (1 - within(y - 0.66 * c.high, -0.025, 0.025, up) / upright)
    return clear / (level * upright) * torch.where(c.glassy, 1.0, bars)


def _room(p: Patch, c: _Cell, x: Tensor, y: Tensor, mood: Mood) -> Tensor:
    """(M, 3) radiance through the glass: curtain or room, under the reflection of sky and street."""
    dx, dy = (p.direction * p.tangent).sum(1), (p.direction * p.bitangent).sum(1)
    dn = -(p.direction * p.normal).sum(1).clamp_max(-0.02)
    depth = 3.2 + 2.4 * c.hash
    rx, ry = x + c.bay * 0.5, y + c.sill
    tx, ty = reach(rx, dx, c.bay), reach(ry, dy, c.floor)
    tz = depth / dn
    t = torch.minimum(torch.minimum(tx, ty), tz)
    hx, hy, hz = rx + dx * t, ry + dy * t, dn * t
    back, level = t == tz, t == ty
    hue = c.hash * 13.7 % 1.0
    wall = mix(color(0.50, 0.44, 0.36).expand_as(p.tint), color(0.36, 0.42, 0.44), hue)
    albedo = torch.where(
        level[:, None], torch.where((dy > 0)[:, None], color(0.6, 0.58, 0.54), color(0.2, 0.13, 0.08)), wall
    )
    px, py = (hx / c.bay - 0.5).abs(), hy / c.floor
    picture = back & (px < 0.2) & ((py - 0.55).abs() < 0.12) & (hue > 0.4)
    chest = back & (py < 0.28 + 0.15 * hue) & (px < 0.38)
    albedo = torch.where(picture[:, None], color(0.16, 0.20, 0.24), albedo)
    albedo = torch.where(chest[:, None], color(0.14, 0.08, 0.05), albedo)
    to_lamp = (hx - c.bay * 0.5) ** 2 + (hy - c.floor + 0.5) ** 2 + (hz - depth * 0.5) ** 2
    glow = 0.30 + 1.5 / (to_lamp + 0.7)

    lit_share = 0.10 + 0.50 * min(1.0, 1.4 * mood.lamps)
    by_floor = cell_hash(c.row, c.row * 0, 31) < 0.12
    lit = torch.where(c.glassy, (c.group < lit_share * 0.8) | by_floor, c.hash < lit_share)
    warm = torch.where((hue < 0.68)[:, None], color(1.0, 0.66, 0.34), color(0.86, 0.90, 1.0))
    warm = torch.where(c.glassy[:, None], color(1.0, 0.86, 0.66), warm)
    lamp = warm * (mood.display * 1.1 * min(1.0, 2.2 * mood.lamps) * (0.6 + 0.8 * (c.hash * 29.3 % 1.0)))[:, None]
    seen = albedo * (hint_of_room(hz, mood) + torch.where(lit[:, None], lamp * glow[:, None], 0.0))

    drawn = 1 - 0.62 * (c.hash * 5.1 % 1.0)
    curtain = (x.abs() > c.half_w * drawn) & (hue > 0.25) & ~c.glassy
    fold = 0.8 + 0.2 * torch.cos(x * 60)
    cloth = (
        color(0.62, 0.58, 0.50) * (mood.daylight * 0.15 + torch.where(lit[:, None], lamp * 0.7, 0.0)) * fold[:, None]
    )
    seen = torch.where(curtain[:, None], cloth, seen)

    away = p.direction - 2 * (p.direction * p.normal).sum(1, keepdim=True) * p.normal
    wobble = (cell_hash((c.hash * 4096).long(), (x > 0).long(), 3) - 0.5) * 0.05
    away = torch.nn.functional.normalize(away + p.bitangent * wobble[:, None], dim=1)
    opposite = (0.9 * p.size[:, 1]).clamp(9.0, 26.0)
    back_light = mirrored(p, away, opposite, p.size[:, 1].clamp(5.0, 60.0), mood)
    share = torch.where(c.glassy, fresnel(dn, 0.16), fresnel(dn, 0.08))
    return seen * (1 - share)[:, None] * torch.where(c.glassy, 0.75, 1.0)[:, None] + back_light * share[:, None]


def reach(at: Tensor, way: Tensor, far: Tensor) -> Tensor:
    """Distance along a ray component until it leaves 0…far; never negative, far away when nearly parallel."""
    gap = torch.where(way > 0, far - at, at)
    return gap.clamp_min(0) / way.abs().clamp_min(1e-3)
