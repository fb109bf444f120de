"""What a score must reach for a set to be more than a draft. Pure Python."""

from __future__ import annotations

from typing import Literal

SPATIAL_GATE = 0.95
"""Spatial S of the six standard angles."""
IDENTITY_GATE = 0.80
"""Identity I of a variation against its base, the worst of its cameras."""
FEWEST_PAIRS = 3
"""Six angles of which fewer pairs share anything to look at are hardly measured: said in words."""

Verdict = Literal["passed", "draft", "not measured"]


def verdict(spatial: float | None, identity: float | None) -> Verdict:
    """What a set is by its scores. Nothing measured is no pass; an identity that was not asked for takes no part.

    Args:
        spatial: S. identity: the lowest I of its cameras, None for a base set.
    """
    if (spatial is not None and spatial < SPATIAL_GATE) or (identity is not None and identity < IDENTITY_GATE):
        return "draft"
    return "not measured" if spatial is None else "passed"
