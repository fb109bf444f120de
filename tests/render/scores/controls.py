"""Ways to spoil a picture that a score must notice, and the pairs of a set they are tried on."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageFilter

from render.scores import Shown, score_set
from render.scores.bands import blur, lab
from render.scores.shown import measured
from render.scores.warp import world_points

Pixels = npt.NDArray[np.uint8]
Spoil = Callable[[Pixels], Pixels]


def fair_pairs(pictures: Mapping[str, Shown], most: int = 4) -> list[tuple[str, str]]:
    """The pairs that share most, at most so many."""
    pairs = [pair for pair in score_set(pictures).pairs if pair.score is not None and pair.first < pair.second]
    pairs.sort(key=lambda pair: -pair.coverage)
    return [(pair.first, pair.second) for pair in pairs[:most]]


def score_pairs(
    pictures: Mapping[str, Shown], pairs: list[tuple[str, str]], spoil: Callable[[str, str], Pixels] | None = None
) -> float:
    """Coverage-weighted mean score over pairs whose second picture was replaced by `spoil(first, second)`."""
    total = weight = 0.0
    for first, second in pairs:
        other = pictures[second]
        if spoil is not None:
            other = replace(other, image=spoil(first, second))
        found = score_set({"first": pictures[first], "second": other})
        if found.score is not None:
            total += found.score * found.coverage
            weight += found.coverage
    return total / weight if weight else float("nan")


def shifted(pixels: int) -> Spoil:
    """Registration off to the right."""
    return lambda image: np.roll(image, pixels, axis=1)


def noise(image: Pixels) -> Pixels:
    """Nothing but noise."""
    return np.random.default_rng(1).integers(0, 256, image.shape, dtype=np.uint8)


def speckled(image: Pixels) -> Pixels:
    """The picture with noise of 3 % upon it."""
    grain = np.random.default_rng(2).normal(0, 0.03 * 255, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def grey(image: Pixels) -> Pixels:
    """Flat grey."""
    return np.full_like(image, 128)


def mean_colour(image: Pixels) -> Pixels:
    """The picture's own mean colour."""
    return np.broadcast_to(image.mean((0, 1)).astype(np.uint8), image.shape).copy()


def mirrored(image: Pixels) -> Pixels:
    """Left for right."""
    return image[:, ::-1].copy()


def blurred(image: Pixels) -> Pixels:
    """Out of focus, sigma 4 px."""
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(4)))


def hue_rotated(image: Pixels) -> Pixels:
    """A third of the colour circle on."""
    return image[:, :, [1, 2, 0]].copy()


def exposed(image: Pixels) -> Pixels:
    """15 % more light."""
    linear = np.where(image <= 10, image / 255 / 12.92, ((image / 255 + 0.055) / 1.055) ** 2.4) * 1.15
    curve = 1.055 * np.power(np.maximum(linear, 1e-9), 1 / 2.4) - 0.055
    encoded = np.where(linear <= 0.0031308, linear * 12.92, curve)
    return np.clip(encoded * 255 + 0.5, 0, 255).astype(np.uint8)


def jpeg(image: Pixels) -> Pixels:
    """Saved at quality 75."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=75)
    return np.asarray(Image.open(buffer))


def halved(image: Pixels) -> Pixels:
    """Half the resolution and back."""
    height, width = image.shape[:2]
    small = Image.fromarray(image).resize((width // 2, height // 2), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))


def patched(image: Pixels, foreign: Pixels) -> Pixels:
    """A quarter of the frame from another place: a band through the middle, where cameras look."""
    height = image.shape[0]
    out = image.copy()
    top = height * 3 // 8
    out[top : top + height // 4] = foreign[top : top + height // 4]
    return out


def textured(
    shown: Shown, seed: int, *, coarsest_m: float = 1000.0, strength: float = 0.5, keep: bool = False
) -> Pixels:
    """The picture with another texture, which lies in the world: a different one for every seed.

    Args:
        shown: to be repainted; at measuring size.
        seed: of the texture.
        coarsest_m: longest wave. strength: of the albedo's swing.
        keep: the texture is laid upon the picture's own, else it takes its place and only coarse colour stays.
    """
    ready = measured(shown)
    points = world_points(ready).float()
    depth = 1 / ready.inverse.clamp(min=1e-4)
    pixel_m = depth / ready.view.fx_px
    swing = torch.zeros_like(depth)
    wave_m = 0.05
    while wave_m <= coarsest_m:
        # Waves below three pixels fade, as a renderer's would.
        fade = ((wave_m / pixel_m - 3) / 3).clamp(0, 1) * ((16 * pixel_m - wave_m) / (8 * pixel_m)).clamp(0, 1)
        if float(fade.max()) > 0.01:
            swing += fade * _lattice(points / wave_m, seed * 101 + int(wave_m * 1000))
        wave_m *= 2
    rgb = ready.rgb
    if not keep:
        weight = ready.surface.float()[None]
        rgb = blur(rgb * weight, 8.0) / blur(weight, 8.0).clamp(min=1e-3)
    painted = (rgb * (1 + strength * swing)).clamp(0, 1)
    return (torch.where(ready.surface, painted, ready.rgb) * 255 + 0.5).byte().permute(1, 2, 0).numpy()


def _lattice(at: torch.Tensor, seed: int) -> torch.Tensor:
    """(H, W) noise −1…1, smooth between the whole numbers of (H, W, 3)."""
    cell = at.floor()
    t = at - cell
    t = t * t * (3 - 2 * t)
    out = torch.zeros(at.shape[:2])
    for corner in range(8):
        step = torch.tensor([corner & 1, corner >> 1 & 1, corner >> 2 & 1])
        i = (cell.long() + step) * torch.tensor([73856093, 19349663, 83492791]) + seed * 2654435761
        mixed = (i[..., 0] ^ i[..., 1] ^ i[..., 2]) & 0x7FFFFFFF
        mixed = (mixed ^ (mixed >> 15)) * 2246822519 & 0x7FFFFFFF
        mixed = (mixed ^ (mixed >> 13)) * 3266489917 & 0x7FFFFFFF
        value = (mixed & 0xFFFF).float() / 32767.5 - 1
        weight = torch.where(step.bool(), t, 1 - t).prod(-1)
        out += weight * value
    return out


def lightness(image: Pixels) -> float:
    """Median L* of a picture."""
    return float(lab(torch.from_numpy(image.copy()).permute(2, 0, 1).float() / 255)[0].median())
