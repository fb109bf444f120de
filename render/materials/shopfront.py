"""Shopfronts: a fascia with its sign, glazed bays, and the shop behind the glass."""

from __future__ import annotations

import torch
from torch import Tensor

from render.materials.base import Mood, Patch, Surface, color, mix
from render.materials.facade import reach
from render.materials.glass import fresnel, hint_of_room, mirrored
from render.materials.noise import cell_hash, tile


def shop(p: Patch, mood: Mood) -> Surface:
    """A shopfront: fascia with a sign, glazed bays with shelves behind, piers and a stall riser."""
    s = Surface.plain(p)
    bay_m, _, salt = p.params[:, :3].unbind(1)
    u, v = p.uv.unbind(1)
    high = p.size[:, 1]
    bays = (p.size[:, 0] / bay_m).floor().clamp_min(1)
    bay = p.size[:, 0] / bays
    column = (u / bay).floor()
    x = u - (column + 0.5) * bay
    stain = tile(u * 0.05 + salt, v * 0.04)
    s.albedo = p.tint * (1 + 0.08 * stain[:, 2:3])
    fascia = (v > high - 0.95) & (v < high - 0.15)
    glazed = (x.abs() < bay * 0.5 - 0.22) & (v > 0.5) & (v < high - 1.02)
    door = (column == (salt * 3.7 % bays).floor()) & (x.abs() < 0.55)
    glazed |= door & (v > 0.06) & (v < high - 1.02)
    frame = glazed & ((x.abs() > bay * 0.5 - 0.28) | (v > high - 1.09) | ((v - high + 1.75).abs() < 0.03)
                      | (door & (x.abs() > 0.49)) | (~door & (v < 0.56)))  # fmt: skip
    s.albedo = torch.where(fascia[:, None], p.tint * 0.55, s.albedo)
    sign_u = (u - p.size[:, 0] * 0.5) / 0.21
    letter = cell_hash(sign_u.floor(), sign_u.floor() * 0, salt) > 0.18
    inside = (sign_u - sign_u.floor() - 0.5).abs() < 0.28 + 0.1 * cell_hash(sign_u.floor(), v * 0, salt + 3)
    tall = (v - high + 0.55).abs() < 0.13 + 0.05 * cell_hash(sign_u.floor(), v * 0, salt + 9)
    gap = cell_hash((sign_u * 3).floor(), (v * 14).floor(), salt) > 0.25
    sign = fascia & letter & inside & tall & gap & (sign_u.abs() < 3 + 9 * cell_hash(salt, salt * 0, 1))
    s.albedo = torch.where(sign[:, None], color(0.72, 0.66, 0.52), s.albedo)
    warm = torch.where((cell_hash(salt, salt * 0, 2) < 0.7)[:, None], color(1.0, 0.78, 0.48), color(0.85, 0.95, 1.0))
    s.emission = torch.where(sign[:, None], warm * (mood.display * 1.3 * min(1.0, 2 * mood.lamps)), 0.0)
    s.albedo = torch.where(frame[:, None], color(0.08, 0.08, 0.08), s.albedo)
    s.ambient = torch.where(fascia, 1.0, 0.85)

    at = (glazed & ~frame).nonzero().squeeze(1)
    if at.numel():
        s.emission[at] = _shop_room(p.pick(at), u[at], v[at], high[at], salt[at], warm[at], mood)
        s.albedo[at] = 0.012
        s.glass[at] = 1.0
    return s


def _shop_room(p: Patch, u: Tensor, v: Tensor, high: Tensor, salt: Tensor, warm: Tensor, mood: Mood) -> Tensor:
    dx, dy = (p.direction * p.tangent).sum(1), (p.direction * p.bitangent).sum(1)
    dn = -(p.direction * p.normal).sum(1).clamp_max(-0.03)
    each = [cell_hash(salt, salt * 0, k) for k in (61, 62, 63, 64)]
    ceiling, depth = high - 0.7, 4.5 + 4.0 * each[0]
    ty = reach(v, dy, ceiling)
    tz = depth / dn
    t = torch.minimum(ty, tz)
    hx, hy, hz = u + dx * t, v + dy * t, dn * t
    back = tz <= ty
    wall = (
        mix(color(0.42, 0.36, 0.28).expand_as(p.tint), color(0.24, 0.29, 0.30), each[1])
        * (0.45 + 0.8 * each[2])[:, None]
    )
    albedo = torch.where(
        back[:, None], wall, torch.where((dy > 0)[:, None], color(0.55, 0.54, 0.50), color(0.20, 0.16, 0.12))
    )
    pitch = 1.6 + 1.6 * each[3]
    lamp_x = (hx / pitch - (hx / pitch).floor() - 0.5) * pitch
    glow = 0.30 + 0.9 / (lamp_x**2 + (hy - ceiling + 0.2) ** 2 + (hz % 2.2 - 1.1) ** 2 + 0.5)
    panel = (~back) & (dy > 0) & (lamp_x.abs() < 0.12 + 0.3 * each[0]) & ((hz % 2.2 - 1.1).abs() < 0.12)
    kind = each[3]  # some shops show shelves, some mannequins and plinths, some only their depth
    for at_m, top, salt_of in ((2.9, 2.0, 11), (0.7, 0.95, 17)):  # far shelf first, window display last
        k = at_m / dn
        sx, sy = u + dx * k, v + dy * k
        tall = 0.30 + 0.25 * kind
        shelf = (sy / tall).floor()
        item = (sx / (0.12 + 0.14 * each[0])).floor()
        along = sx / (0.12 + 0.14 * each[0]) - item
        rnd = cell_hash(item, shelf, salt + salt_of)
        stock = cell_hash((sx / 1.5).floor(), shelf * 0, salt + salt_of + 1) > 0.25 + 0.5 * (kind > 0.6).float()
        goods = (k < t) & (sy > 0.1) & (sy < top) & stock & ((sy / tall - shelf) < 0.30 + 0.5 * rnd)
        goods &= along < 0.55 + 0.4 * rnd
        plank = (k < t) & (sy < top) & stock & ((sy / tall - shelf) > 0.94)
        shade = 0.05 + 0.26 * cell_hash(item, shelf, salt + salt_of + 2) ** 1.5
        hue = 0.75 + 0.5 * torch.stack(
            [cell_hash(item, shelf, 41), cell_hash(item, shelf, 43), cell_hash(item, shelf, 47)], 1
        )
        albedo = torch.where(goods[:, None], shade[:, None] * hue, albedo)
        albedo = torch.where(plank[:, None], color(0.14, 0.10, 0.07), albedo)
        figure = (
            (kind > 0.6) & (k < t) & _mannequin(sx, sy, cell_hash((sx / 1.15).floor(), shelf * 0, salt + salt_of + 5))
        )
        cell, half = (sx / 1.15).floor(), (sy / 0.95).floor()
        hue_of = torch.stack([cell_hash(cell, half, 51 + c) for c in range(3)], 1)
        cloth = (0.03 + 0.30 * cell_hash(cell, half, 59) ** 2)[:, None] * (0.75 + 0.5 * hue_of)
        albedo = torch.where(figure[:, None], cloth, albedo)
        front = goods | plank | figure
        hz = torch.where(front, torch.full_like(hz, at_m), hz)
        glow = torch.where(front, 0.55 + 0.35 * sy / high, glow)
        panel &= ~front
    closed = cell_hash(salt, salt * 0, 71) < 0.12
    lit = mood.display * min(1.0, 1.8 * mood.lamps) * (1.1 + 1.1 * each[2]) * torch.where(closed, 0.06, 1.0)
    if mood.lamps <= 0:
        lit = torch.where(closed, 0.0, 0.06) * mood.daylight.mean()
    seen = albedo * (1.3 * hint_of_room(hz, mood) + warm * (lit * glow)[:, None])
    seen = seen + torch.where(panel[:, None], warm * (1.9 * lit)[:, None], 0.0)
    away = p.direction - 2 * (p.direction * p.normal).sum(1, keepdim=True) * p.normal
    share = fresnel(dn, 0.08)
    opposite = mirrored(p, away, torch.full_like(v, 17.0), torch.full_like(v, 15.0), mood)
    return seen * (1 - share)[:, None] + opposite * share[:, None]


def _mannequin(x: Tensor, y: Tensor, each: Tensor) -> Tensor:
    """(M,) bool: a dressed figure on a plinth, one in most cells of 1.15 m."""
    x = (x / 1.15 - (x / 1.15).floor() - 0.5) * 1.15 + 0.2 * (each - 0.5)
    wide = torch.where(y > 1.62, 0.085, 0.20 - 0.05 * torch.cos((y - 0.55) * 5.0))
    return (each > 0.3) & (x.abs() < wide) & (y > 0.35) & (y < 1.85) & ~((y > 1.55) & (y < 1.63) & (x.abs() > 0.05))
