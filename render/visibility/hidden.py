"""What is hidden behind what has been drawn already: the film's farthest keys by squares of pixels.

A primitive whose nearest corner lies behind everything in the squares it may touch cannot win a pixel, so leaving it
out changes nothing but the time. Most of a street stands behind its houses, most of a wood behind its first trees.
"""

from __future__ import annotations

import torch
from torch import Tensor

_SQUARE_PX = 4
_MARGIN = 0.9999
"""Keys are rounded to float32: what is this close to the film is kept."""


def hidden(
    film: Tensor, width: int, height: int, left: Tensor, right: Tensor, top: Tensor, bottom: Tensor, key: Tensor
) -> Tensor:
    """(S,) bool: which rectangles of pixels lie wholly behind the film.

    Args:
        film: (height·width,) int64 codes as `quads.fill` writes them.
        left, right, top, bottom: (S,) bounds in pixels, edges convention, in any place.
        key: (S,) the largest key that each can have (1/z of its nearest corner).
    """
    level = (film >> 32).to(torch.int32).view(torch.float32).view(1, 1, height, width)
    side, offset = _SQUARE_PX, 0
    level = _farthest(level, _SQUARE_PX)
    levels, sizes = [], []
    while True:
        levels.append(level.reshape(-1))
        sizes.append((side, level.shape[3], level.shape[2], offset))
        offset += level.numel()
        if level.shape[2] <= 2 and level.shape[3] <= 2:
            break
        level, side = _farthest(level, 2), side * 2
    farthest = torch.cat(levels)
    table = torch.tensor(sizes, device=film.device)  # (L, 4)

    x0, x1 = left.clamp(0, width - 1).floor().long(), right.clamp(0, width - 1).floor().long()
    y0, y1 = top.clamp(0, height - 1).floor().long(), bottom.clamp(0, height - 1).floor().long()
    spread = torch.maximum(x1 - x0, y1 - y0)
    # At the first level whose squares are at least as long as the rectangle, it touches no more than two by two.
    which = torch.bucketize(spread, table[:, 0].contiguous()).clamp(max=len(sizes) - 1)
    side_of, wide, _, begin = table.index_select(0, which).unbind(1)
    columns = [torch.div(x, side_of, rounding_mode="floor") for x in (x0, x1)]
    rows = [torch.div(y, side_of, rounding_mode="floor") * wide + begin for y in (y0, y1)]
    behind = torch.stack([farthest.index_select(0, row + column) for row in rows for column in columns]).amin(0)
    return key < behind * _MARGIN


def _farthest(level: Tensor, side: int) -> Tensor:
    """The smallest of each square of a (1, 1, H, W) map; squares at the edge are smaller."""
    pooled: Tensor = torch.nn.functional.max_pool2d(-level, side, ceil_mode=True)
    return -pooled
