"""What a score must reach for a set to be more than a draft. Pure Python."""

from __future__ import annotations

SPATIAL_GATE = 0.95
"""Spatial S of the six standard angles."""
IDENTITY_GATE = 0.80
"""Identity I of a variation against its base, the worst of its cameras."""
FEWEST_PAIRS = 3
"""Six angles of which fewer pairs share anything to look at are hardly measured: said in words."""
