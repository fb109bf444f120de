"""Street ground: asphalt with its markings, pavement slabs, roofs."""

from __future__ import annotations

import torch
from torch import Tensor

from render.materials.base import Mood, Patch, Surface, color, either, mix, smooth, stripe
from render.materials.noise import cell_hash, grain, tile


def puddles(street: Tensor, wet: float) -> Tensor:
    """(M,) 0–1 how far water stands at street coordinates (M, 2)."""
    low = tile(street[:, 0] * 0.021 + 0.3, street[:, 1] * 0.021)
    fine = tile(street[:, 0] * 0.13, street[:, 1] * 0.13 + 0.4)
    return smooth(0.0, 1.1, low[:, 2] * 0.8 + 0.25 * fine[:, 1] + 2.2 * (wet - 0.62))


def _wet(s: Surface, p: Patch, mood: Mood, porous: float) -> None:
    if mood.wet <= 0.02:
        return
    exposed = smooth(0.02, 0.25, p.open) * min(1.0, 1.6 * mood.wet)
    pool = puddles(p.street, mood.wet) * exposed
    s.albedo = s.albedo * (1 - exposed * porous * (0.75 + 0.25 * pool))[:, None]
    s.gloss = torch.maximum(s.gloss, exposed * (0.45 + 0.55 * pool))
    s.normal = mix(s.normal, p.normal, pool)


def road(p: Patch, mood: Mood) -> Surface:
    """Asphalt; street coordinates decide lane lines, wheel tracks, patches and cracks."""
    s = Surface.plain(p)
    across, along = p.street.unbind(1)
    half, marks = p.params[:, 0], p.params[:, 1]
    stain = tile(across * 0.043, along * 0.037)
    fine = grain(across * 0.61 + 0.11, along * 0.61)
    track = torch.exp(-((((across.abs() - half * 0.5).abs() - 0.75) / 0.3) ** 2))
    tone = 1 + 0.10 * stain[:, 2] + 0.07 * fine[:, 0] * (1 - smooth(0.02, 0.2, p.footprint)) - 0.08 * track
    patch = cell_hash((across / 2.9).floor(), (along / 4.7).floor(), 77) > 0.86
    tone = tone * torch.where(patch, 0.78, 1.0)
    crack = (stain[:, 1].abs() < 0.035) & (stain[:, 3] > 0.2)
    tone = tone * torch.where(crack, 1 - 0.5 * mood.wear * (1 - smooth(0.02, 0.08, p.footprint)), 1.0)
    s.albedo = p.tint * tone.clamp_min(0.2)[:, None]

    worn = smooth(-1.2, 0.9, fine[:, 1] + stain[:, 3] + 1.3 - 1.6 * mood.wear)
    dash = (across.abs() < 0.06) & ((along / 9 - (along / 9).floor()) < 0.36)
    edge = (across.abs() - half + 0.42).abs() < 0.05
    crossing = (p.params[:, 2] - along).abs() < 1.6
    bars = crossing & ((across / 1.0 - (across / 1.0).floor()) < 0.5) & (across.abs() < half - 0.35)
    line = torch.where(crossing, bars, dash | edge) & (marks > 0.5)
    s.albedo = mix(s.albedo, color(0.55, 0.54, 0.50), line.float() * worn * 0.85)
    s.gloss = torch.full_like(across, 0.10)
    tilt = 0.05 * (1 - smooth(0.01, 0.08, p.footprint))
    s.normal = torch.nn.functional.normalize(
        s.normal + tilt[:, None] * (fine[:, 2:3] * p.tangent + fine[:, 3:4] * p.bitangent), dim=1
    )
    _wet(s, p, mood, 0.45)
    return s


def pavement(p: Patch, mood: Mood) -> Surface:
    """Slabs in courses with joints, each a little different in tone and tilt."""
    s = Surface.plain(p)
    across, along = p.street.unbind(1)
    length, width = p.params[:, 0], p.params[:, 1]
    course = (across / width).floor()
    at = along / length + 0.5 * (course % 2)
    each = cell_hash(at.floor(), course, 13)
    near = 1 - smooth(0.05, 0.22, p.footprint)
    joint = either(stripe(at, 0.018, p.footprint / length), stripe(across / width, 0.022, p.footprint / width))
    stain = tile(across * 0.07, along * 0.06)
    fine = grain(across * 0.8, along * 0.8)[:, 0] * (1 - smooth(0.02, 0.08, p.footprint))
    tone = 1 + 0.18 * (each - 0.5) * near + 0.09 * stain[:, 2] + 0.04 * fine
    tone = tone * (1 - 0.45 * near * joint) * (1 - 0.3 * mood.wear * smooth(0.6, 1.8, stain[:, 1]))
    s.albedo = p.tint * tone.clamp_min(0.25)[:, None]
    lean = (near * 0.05)[:, None]
    s.normal = torch.nn.functional.normalize(
        s.normal + lean * ((each - 0.5)[:, None] * p.tangent + (cell_hash(course, at.floor(), 4) - 0.5)[:, None]
                           * p.bitangent), dim=1
    )  # fmt: skip
    s.gloss = torch.full_like(across, 0.08)
    _wet(s, p, mood, 0.42)
    return s


def roof(p: Patch, mood: Mood) -> Surface:
    """Felt in strips, or rows of tiles."""
    s = Surface.plain(p)
    u, v = p.uv.unbind(1)
    stain = tile(u * 0.05, v * 0.04)
    tiles = p.params[:, 0] > 0.5
    near = 1 - smooth(0.02, 0.085, p.footprint)
    row = (v / 0.28).floor()
    at = u / 0.22 + 0.5 * (row % 2)
    shade = 1 - 0.45 * near * (1 - smooth(0.0, 0.22, v / 0.28 - row))
    each = 1 + 0.35 * near * (cell_hash(at.floor(), row, 3) - 0.5)
    strip = 1 - 0.2 * near * (((u / 1.0) - (u / 1.0).floor()) < 0.04).float()
    tone = torch.where(tiles, shade * each, strip) * (
        1 + 0.12 * stain[:, 2] - 0.12 * mood.wear * stain[:, 3].clamp_min(0)
    )
    # felt: pools that have dried leave dark rings, mended places are paler or darker
    across, along = p.street.unbind(1)
    pool = tile(across * 0.023 + 0.4, along * 0.023)
    mended = cell_hash((across / 2.3).floor(), (along / 3.4).floor(), 61)
    felt = 1 - 0.30 * smooth(0.35, 0.75, pool[:, 2]) + 0.22 * smooth(0.75, 1.15, pool[:, 2])
    felt = felt * (1 + 0.38 * (mended > 0.88).float() - 0.22 * (mended < 0.10).float())
    tone = torch.where(tiles, tone, tone * felt)
    s.albedo = p.tint * tone.clamp_min(0.2)[:, None]
    if mood.wet > 0.02:
        s.albedo = s.albedo * (1 - 0.35 * min(1.0, 1.5 * mood.wet))
        s.gloss = torch.full_like(u, 0.35 * mood.wet)
    return s


def setts(p: Patch, mood: Mood) -> Surface:
    """Rounded paving stones in a running bond, moss and dust between them; worn smooth where wheels go."""
    s = Surface.plain(p)
    across, along = p.street.unbind(1)
    length, width = p.params[:, 0].clamp_min(0.05), p.params[:, 1].clamp_min(0.05)
    bend = tile(across * 0.045, along * 0.045)
    across, along = across + 0.22 * bend[:, 0], along + 0.22 * bend[:, 1]
    course = (along / width).floor()
    at = across / length + 0.5 * (course % 2) + 0.3 * cell_hash(course, course * 0, 4)
    each = cell_hash(at.floor(), course, 13)
    # seen at a slant a stone is soon smaller than a sample: it fades early, or two cameras would draw two patterns
    near = 1 - smooth(0.005, 0.026, p.footprint)
    x, y = at - at.floor() - 0.5, along / width - course - 0.5
    edge = torch.maximum(x.abs(), y.abs())
    joint = smooth(0.36, 0.47, edge)
    stain = tile(across * 0.05, along * 0.05)
    fine = grain(across * 0.8, along * 0.8)
    tone = 1 + (0.40 * (each - 0.5) + 0.05 * fine[:, 0]) * near + 0.17 * stain[:, 3]
    warm = (cell_hash(at.floor(), course, 5) > 0.7).float()[:, None] * near[:, None]
    s.albedo = p.tint * tone.clamp_min(0.3)[:, None] * (1 + warm * (color(1.10, 0.96, 0.84) - 1))
    mossy = smooth(0.2, 1.2, stain[:, 3] + 0.5 * stain[:, 1])
    between = mix(p.tint * 0.45, color(0.055, 0.062, 0.030).expand_as(p.tint), mossy)
    s.albedo = mix(s.albedo, between, joint * 0.85 * near)
    crown = (p.params[:, 2] * near)[:, None]
    lean = 0.5 * ((each - 0.5)[:, None] * p.tangent + (cell_hash(course, at.floor(), 4) - 0.5)[:, None] * p.bitangent)
    domed = smooth(0.18, 0.5, x.abs())[:, None] * x.sign()[:, None] * p.tangent
    domed = domed + smooth(0.18, 0.5, y.abs())[:, None] * y.sign()[:, None] * p.bitangent
    s.normal = torch.nn.functional.normalize(s.normal + crown * (domed + lean), dim=1)
    s.gloss = torch.full_like(across, 0.10)
    _wet(s, p, mood, 0.42)
    return s
