"""Identity I: whether a picture of another hour, weather or season still shows the same place from the same camera.

Raw edges of two pictures differ with the light, so neither is asked what the other shows. Both are asked whether their
gradients lie where the scene's own structure lies: `structure` is what the variation answers in parts of what the base
answers, read as light and as light in parts of its surroundings (night and snow need the second), the clearer of the
two. `sky` is how well the picture itself tells sky from ground where the scene has them, in parts of how well the
base tells. The lower one counts. What stands in fog counts by what the fog lets through: fog may hide what is far, not
what is near. Not asked about is what hangs in the air or mirrors, as in S, and what by the scenes' own depths stands in
one of the pictures only: leaves fall. How much of the structure is left to be asked about is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from render.archetypes import KINDS
from render.light.air import through_air
from render.light.build import build_light
from render.scores.bands import blur, lab
from render.scores.reading import Ready
from render.scores.shown import Measured
from render.scores.warp import SAME_DEPTH, world_points

EDGES_SHARE, PLAIN_SHARE = 0.07, 0.60
LEAST_SHOWN = 0.05
"""Of the structure's weight: where air leaves less, there is nothing left to recognise the place by."""
LEAST_STANDING = 0.05
"""Of the base's structure: where the two scenes share less, they are not one place."""
LEAST_SKY = 0.05
LEAST_TOLD = 0.45
"""Intersection over union that the base must reach for its skyline to be a measure."""
LEAST_AUC = 0.58
"""A base picture whose gradients tell structure from plain surface no better than that is no measure of others."""
LEAST_READING = 0.67
"""In parts of its clearer reading, what a base must say in the other one for that to be asked."""
STRONGEST = 6.0
"""The most that one edge counts, in those of the weakest."""
BLOCK_PX = 24
AROUND_PX, LEAST_AROUND = 3.0, 0.6
"""Standard deviation of what around a flake stands in for it, and the share of that which must be free of others."""


@dataclass(frozen=True)
class Identity:
    """One variation's picture against its base.

    Args:
        score: the lower of structure and sky; None when not measured.
        structure, sky: 0–1; None where the base picture itself does not tell: where texture drowns structure, or
            hardly any sky is in frame.
        shown: share of the structure's weight that the air, masks and fallen leaves leave.
        reason: why there is no score; may be empty.
    """

    score: float | None
    structure: float | None
    sky: float | None
    shown: float
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        numbers = {"score": self.score, "structure": self.structure, "sky": self.sky, "shown": self.shown}
        return {name: None if x is None else round(x, 4) for name, x in numbers.items()} | {"reason": self.reason}


def score_identity(base: Ready, variation: Ready) -> Identity:
    """Compare one camera's picture of a variation with that of the base.

    Both must be of one size and from one camera; the structure is the base's reference depth.
    """
    if base.picture.rgb.shape != variation.picture.rgb.shape:
        return Identity(None, None, None, 0.0, "the two pictures are of different shapes")
    with torch.inference_mode():
        strength = structure_of(base.picture)
        edge, plain = _split(strength)
        standing = _standing(base.picture, variation.picture)
        if float((edge & standing).float().mean()) < LEAST_STANDING * EDGES_SHARE:
            return Identity(0.0, 0.0, None, 0.0, "by their depths the two pictures show different places")
        clear = clearness(variation)
        asked = standing & ~base.picture.masked & ~variation.picture.masked
        known_by = strength.clamp(max=STRONGEST) * edge  # a break of depth says more than a slight turn
        weight = clear * known_by * asked
        shown = float(weight.sum() / known_by.sum().clamp(min=1))
        if shown < LEAST_SHOWN or not bool((plain & asked).any()):
            return Identity(None, None, None, shown, "the air hides nearly all that the place could be known by")
        structure = _structure(base.picture, variation.picture, weight, plain & asked)
        sky = _sky(base.picture, variation.picture, clear, asked)
    told = [part for part in (structure, sky) if part is not None]
    if structure is None:
        return Identity(None, None, sky, shown, "texture drowns the structure in the base picture itself")
    return Identity(min(told), structure, sky, shown)


def _structure(base: Measured, variation: Measured, weight: Tensor, plain: Tensor) -> float | None:
    read: list[tuple[float, float]] = []
    for blur_px, is_relative in ((0.8, False), (1.6, True)):
        own, other = (
            _auc(_gradient(picture, blur_px, is_relative), weight, plain) for picture in (base, variation)
        )
        read.append((own - 0.5, other - 0.5))
    clearest = max(own for own, _ in read)
    if clearest < LEAST_AUC - 0.5:
        return None
    # A reading in which the base itself says little says nothing of others: anything comes up to it.
    return max(min(1.0, max(0.0, other / own)) for own, other in read if own >= LEAST_READING * clearest)


def _standing(base: Measured, variation: Measured) -> Tensor:
    """(H, W) bool: here and beside it both scenes have the same surface, or both sky, hence the same edges."""
    apart = (base.inverse - variation.inverse).abs() > SAME_DEPTH * torch.maximum(base.inverse, variation.inverse)
    return F.max_pool2d(apart.float()[None], 3, 1, 1)[0] == 0


def _sky(base: Measured, variation: Measured, clear: Tensor, asked: Tensor) -> float | None:
    own, other = (_sky_overlap(picture, clear, asked) for picture in (base, variation))
    if own is None or other is None or own < LEAST_TOLD:
        return None
    return min(1.0, other / own)


def structure_of(picture: Measured) -> Tensor:
    """(H, W) how much the scene itself bends or breaks here: steps of log depth, and turns of the normal."""
    depth = torch.log(picture.inverse.clamp(min=1e-5))
    points = world_points(picture).float()
    across, down = _slopes(points.permute(2, 0, 1))
    normal = F.normalize(torch.linalg.cross(across, down, dim=0), dim=0)
    normal = torch.where(picture.surface, normal, torch.zeros(()))
    steps = torch.linalg.vector_norm(torch.stack(_slopes(depth[None])), dim=(0, 1))
    turns = torch.linalg.vector_norm(torch.stack(_slopes(normal)), dim=(0, 1))
    return torch.maximum(_in_parts_of_the_strong(steps), _in_parts_of_the_strong(turns))


def clearness(picture: Ready) -> Tensor:
    """(H, W) share of a surface's light that air lets through to the eye: of the nearest of the pixels around."""
    view, depth = picture.picture.view, 1 / picture.picture.inverse.clamp(min=1e-5)
    depth = -F.max_pool2d(-depth[None], 3, 1, 1)[0]
    if KINDS[picture.scene.archetype].indoors:
        return torch.ones_like(depth)
    ray = torch.stack([
        ((torch.arange(view.width_px) + 0.5 - view.cx_px) / view.fx_px).expand(view.height_px, -1),
        ((torch.arange(view.height_px) + 0.5 - view.cy_px) / view.fy_px)[:, None].expand(-1, view.width_px),
        torch.ones_like(depth),
    ], -1).reshape(-1, 3)  # fmt: skip
    length = torch.linalg.vector_norm(ray, dim=1)
    direction = (ray / length[:, None]) @ torch.from_numpy(view.world_from_cam).float().T
    light = build_light(picture.scene)
    black = torch.zeros(direction.shape[0], 3)
    args = (direction, depth.reshape(-1) * length, float(view.eye_m[2]), light)
    through = through_air(black + 1, *args) - through_air(black, *args)
    return through.mean(1).clamp(0, 1).view_as(depth)


def _split(strength: Tensor) -> tuple[Tensor, Tensor]:
    """Where structure is (the strongest share) and where there is none (the weakest)."""
    flat = strength.flatten()
    high = torch.kthvalue(flat, int(flat.numel() * (1 - EDGES_SHARE))).values
    low = torch.kthvalue(flat, int(flat.numel() * PLAIN_SHARE)).values
    return strength > high, strength <= low


def _auc(values: Tensor, weight: Tensor, plain: Tensor) -> float:
    """Chance that a pixel drawn by weight is steeper than a plain one."""
    least = values[plain].sort().values
    at = weight > 0
    steeper = torch.searchsorted(least, values[at]) + torch.searchsorted(least, values[at], right=True)
    return float((steeper.double() / (2 * least.numel()) * weight[at]).sum() / weight[at].sum())


def _gradient(picture: Measured, blur_px: float = 0.8, is_relative: bool = False) -> Tensor:
    """(H, W) steepness of luminance; in parts of the luminance around it when `is_relative`."""
    luminance = (picture.rgb * torch.tensor([0.2126, 0.7152, 0.0722]).view(3, 1, 1)).sum(0, keepdim=True)
    steep: Tensor = torch.linalg.vector_norm(torch.stack(_slopes(_shown(luminance, picture, blur_px))), dim=(0, 1))
    return steep / (_shown(luminance, picture, 12.0)[0] + 0.02) if is_relative else steep


def _shown(planes: Tensor, picture: Measured, blur_px: float) -> Tensor:
    """Blurred, without the rims of single flakes and of the frame, which would read as edges of the place.

    As in S, a flake is passed over where most of what is around it shows; a sheet of rain is part of the picture.
    """
    seen = (~picture.falling).float()[None]
    share = blur(seen, AROUND_PX)
    frame = torch.ones_like(seen)
    passed_over = picture.falling & (share >= LEAST_AROUND * blur(frame, AROUND_PX))[0]
    around = blur(planes * seen, AROUND_PX) / share.clamp(min=1e-4)
    return blur(torch.where(passed_over, around, planes), blur_px) / blur(frame, blur_px)


def _slopes(planes: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences (C, H, W) across and down."""
    padded = F.pad(planes[None], (1, 1, 1, 1), mode="replicate")[0]
    return padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]


def _in_parts_of_the_strong(plane: Tensor) -> Tensor:
    """In parts of the value that `EDGES_SHARE` of the pixels reach."""
    flat = plane.flatten()
    return plane / torch.kthvalue(flat, int(flat.numel() * (1 - EDGES_SHARE))).values.clamp(min=1e-9)


def _sky_overlap(picture: Measured, clear: Tensor, asked: Tensor) -> float | None:
    """Intersection over union of the scene's sky with the sky that the picture's own colours and smoothness tell.

    What sky and ground look like is learnt on one half of the frame's blocks and asked of the other, both ways: no
    knowledge of skies is needed, and none of where the sky is can be learnt by heart. Each column is then cut in two
    where that fits best. Ground that air veils to more than half is rightly taken for sky: by `clear` (H, W), what it
    lets through, ground teaches and counts. Only what is `asked` (H, W) about takes part.
    """
    sky, ground = ~picture.surface & asked, picture.surface & asked
    share = float(sky.float().mean())
    if not LEAST_SKY < share < 1 - LEAST_SKY:
        return None
    height, width = sky.shape
    rows, columns = torch.arange(height)[:, None] // BLOCK_PX, torch.arange(width) // BLOCK_PX
    half = (rows + columns) % 2 == 0
    signs = _signs(picture)
    told_apart = ((clear - 0.25) * 2).clamp(0, 1)
    weight = torch.where(picture.surface, told_apart, torch.ones(())) * asked
    odds = torch.empty(height, width)
    for learn, ask in ((half, ~half), (~half, half)):
        seen = torch.stack([
            torch.bincount(signs[learn & kind], weight[learn & kind], minlength=4096) for kind in (sky, ground)
        ]).float()  # fmt: skip
        soft = F.avg_pool3d(seen.view(2, 1, 16, 16, 16), 3, 1, 1).view(2, -1) * 9 + seen
        chance = (soft + 0.5) / soft.sum(1, keepdim=True).clamp(min=1)
        odds[ask] = torch.log(chance[0] / chance[1])[signs[ask]]
    above = torch.cat([torch.zeros(1, width), (odds.clamp(-3, 3) * weight).cumsum(0)])
    told = torch.arange(height)[:, None] < (2 * above - above[-1:]).argmax(0)
    return float(((told & sky) * weight).sum() / ((told | sky) * weight).sum().clamp(min=1))


def _signs(picture: Measured) -> Tensor:
    """(H, W) int64 < 4096: lightness, blue-yellow and roughness of the picture, sixteen steps each."""
    colour = lab(_shown(picture.rgb, picture, 1.5).clamp(0, 1))
    rough = _shown(_gradient(picture)[None], picture, 2.0)[0]
    steps = (colour[0] / 100 * 15.99, (colour[2] + 60) / 120 * 15.99, (torch.log2(rough + 2**-9) + 9) * 1.9)
    a, b, c = (step.clamp(0, 15).long() for step in steps)
    return (a * 16 + b) * 16 + c
