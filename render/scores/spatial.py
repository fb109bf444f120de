"""Spatial score S: of the surface that two cameras both see, the share that looks like the same surface.

For every ordered pair of pictures the second is brought to the first camera through the reference depth, and compared
in three bands of pattern and in colour (bands.py), where both see the same surface (warp.py). The first is taken to the
second's pixels and back on the same ways: where the second camera stands farther off it cannot show what its pixels do
not resolve, and that is no disagreement. S of a set is the mean over pairs weighted by how much each pair shares. A
pair that shares less than a tenth of the frame is not measured. Among leaves and at water hardly any pair does: where
fewer than three do, smaller shares of all pairs are put together, if they come to a tenth of a frame. Otherwise a set
has no score: not measured is not passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import torch
import torch.nn.functional as F

from render.scores.bands import agreeing
from render.scores.gate import FEWEST_PAIRS
from render.scores.geometric import NOTHING, Counts, Geometric, counted, geometric_of
from render.scores.shown import Measured, Shown, measured
from render.scores.warp import Met, brought, meet, world_points

LEAST_COVERAGE = 0.10
"""Share of the frame that a pair must share to be measured."""
POOLED_COVERAGE = 0.01
"""The same where pairs are put together: six comparing windows' worth. Together they must come to `LEAST_COVERAGE`."""


@dataclass(frozen=True)
class PairScore:
    """What picture `second` says of picture `first`.

    Args:
        first, second: names in the set.
        score: share of the shared surface that looks the same; None when too little is shared.
        coverage: share of the first picture's frame that both see and that may be compared.
        parts: the share agreeing in each of `fine`, `middle`, `coarse`, `colour`.
    """

    first: str
    second: str
    score: float | None
    coverage: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SpatialScore:
    """What a set of pictures of one place says of itself.

    Args:
        score: S, 0–1; None when no pair could be measured.
        worst: the measured pair with the lowest score.
        coverage: mean coverage of the measured pairs, 0–1.
        measured, possible: ordered pairs.
        dropped: share of the comparable surface taken out by each kind of mask, by its name.
        geometric: the other number: whether the depths describe one place.
        pairs: every ordered pair.
        reason: why there is no score, or what to know about it; for people, may be empty.
    """

    score: float | None
    worst: PairScore | None
    coverage: float
    measured: int
    possible: int
    dropped: Mapping[str, float]
    geometric: Geometric
    pairs: tuple[PairScore, ...]
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; rounded to what is worth reading."""
        worst = self.worst
        return {
            "score": _rounded(self.score),
            "worst": None if worst is None else {"pair": [worst.first, worst.second], "score": _rounded(worst.score)},
            "coverage": _rounded(self.coverage),
            "measured": self.measured,
            "possible": self.possible,
            "dropped": {name: _rounded(share) for name, share in self.dropped.items()},
            "geometric": self.geometric.to_json(),
            "reason": self.reason,
        }


def score_set(pictures: Mapping[str, Shown]) -> SpatialScore:
    """Spatial score of the pictures of one place in one light.

    Args:
        pictures: by name; only pinhole pictures take part. Relit or re-seasoned pictures do not belong into one set:
            they differ, rightly.
    """
    with torch.inference_mode():
        ready = {name: measured(shown) for name, shown in pictures.items() if shown.view.projection == "pinhole"}
    return score_measured(ready)


def score_measured(ready: Mapping[str, Measured], check: Callable[[float], None] = lambda share: None) -> SpatialScore:
    """The same for pictures brought to measuring size already.

    Args:
        ready: by name. check: told the share done (0–1); may raise to stop.
    """
    with torch.inference_mode():
        pairs: list[PairScore] = []
        geometry: list[Counts] = []
        points = {name: world_points(each) for name, each in ready.items()}
        met = {(one, other): meet(ready[one], ready[other], points[one]) for one, other in permutations(ready, 2)}
        least = _least_coverage(met.values())
        for done, ((first, second), there) in enumerate(met.items()):
            check(done / len(met))
            pair, counts = _pair(first, second, ready[first], ready[second], there, met[second, first], least)
            pairs.append(pair)
            geometry.append(counts)
    return _summed(ready, pairs, geometric_of(geometry), least < LEAST_COVERAGE)


def _least_coverage(met: Iterable[Met | None]) -> float:
    """What a pair of this set must share to be measured: a tenth of the frame, or less where pairs are pooled."""
    shares = [float(there.visible.float().mean()) for there in met if there is not None]
    enough = sum(share >= LEAST_COVERAGE for share in shares) >= 2 * FEWEST_PAIRS
    pooled = sum(share for share in shares if share >= POOLED_COVERAGE)
    return LEAST_COVERAGE if enough or pooled < LEAST_COVERAGE else POOLED_COVERAGE


def _pair(
    first: str, second: str, a: Measured, b: Measured, there: Met | None, back: Met | None,
    least_coverage: float,
) -> tuple[PairScore, Counts]:
    if there is None:
        return PairScore(first, second, None, 0.0), NOTHING
    counts = counted(a, b, there)
    coverage = float(there.visible.float().mean())
    if coverage < least_coverage or back is None:
        return PairScore(first, second, None, coverage), counts
    rows, columns = _box(there.visible)
    mask, at = there.visible[rows, columns], there.at[rows, columns]
    agrees = agreeing(brought(brought(a.rgb, back.at), at), brought(b.rgb, at), mask)
    total = mask.sum()
    parts = {name: float((plane & mask).sum() / total) for name, plane in agrees.items()}
    everything = mask
    for plane in agrees.values():
        everything = everything & plane
    return PairScore(first, second, float(everything.sum() / total), coverage, parts), counts


def _box(mask: torch.Tensor) -> tuple[slice, slice]:
    """The part of the frame that holds the mask, whole multiples of 4."""
    grid = F.max_pool2d(mask.float()[None], 4)[0] > 0
    rows, columns = grid.any(1).nonzero().squeeze(1), grid.any(0).nonzero().squeeze(1)
    return (
        slice(int(rows[0]) * 4, int(rows[-1]) * 4 + 4), slice(int(columns[0]) * 4, int(columns[-1]) * 4 + 4)
    )


def _summed(
    ready: Mapping[str, Measured], pairs: list[PairScore], geometric: Geometric, is_pooled: bool
) -> SpatialScore:
    known = [pair for pair in pairs if pair.score is not None]
    weight = sum(pair.coverage for pair in known)
    score = sum(pair.coverage * (pair.score or 0.0) for pair in known) / weight if known else None
    worst = min(known, key=lambda pair: pair.score or 0.0) if known else None
    return SpatialScore(
        score=score, worst=worst, coverage=weight / len(known) if known else _mean(p.coverage for p in pairs),
        measured=len(known), possible=len(pairs), dropped=_dropped(ready.values()), geometric=geometric,
        pairs=tuple(pairs), reason=_reason(len(ready), len(known), is_pooled),
    )


def _reason(pictures: int, measured_pairs: int, is_pooled: bool) -> str:
    if pictures < 2:
        return "one picture alone has nothing to be compared with"
    if not measured_pairs:
        return (
            "no two cameras share a tenth of their frames in ground or walls that can be compared: edges of leaves "
            "and grass, water and sky do not count"
        )
    if is_pooled:
        return "cameras share little that can be compared: small shares of many pairs, put together"
    if measured_pairs < 2 * FEWEST_PAIRS and pictures >= 6:
        return "few cameras see the same things: the score rests on little"
    return ""


def _dropped(pictures: Iterable[Measured]) -> dict[str, float]:
    each = [picture.dropped for picture in pictures]
    names = sorted({name for one in each for name in one})
    return {name: _mean(one.get(name, 0.0) for one in each) for name in names}


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
