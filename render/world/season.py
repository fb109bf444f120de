"""The year as one continuous ring of colours and shares: nothing snaps when the season slider moves."""

from __future__ import annotations

from collections.abc import Sequence

Color = tuple[float, float, float]

# Ring position, then linear RGB; the last entry leads back to the first.
_GRASS_DARK: tuple[tuple[float, Color], ...] = (
    (0.0, (0.070, 0.068, 0.026)), (0.6, (0.046, 0.086, 0.018)), (1.3, (0.048, 0.080, 0.020)),
    (2.0, (0.078, 0.082, 0.024)), (2.6, (0.100, 0.078, 0.030)), (3.4, (0.092, 0.076, 0.044)),
)
_GRASS_LIGHT: tuple[tuple[float, Color], ...] = (
    (0.0, (0.165, 0.145, 0.066)), (0.6, (0.110, 0.150, 0.034)), (1.3, (0.125, 0.130, 0.038)),
    (2.0, (0.190, 0.155, 0.052)), (2.6, (0.215, 0.150, 0.056)), (3.4, (0.190, 0.150, 0.090)),
)
_LEAF_DARK: tuple[tuple[float, Color], ...] = (
    (0.0, (0.060, 0.050, 0.038)), (0.6, (0.055, 0.088, 0.020)), (1.3, (0.034, 0.060, 0.014)),
    (2.0, (0.060, 0.058, 0.014)), (2.5, (0.150, 0.058, 0.012)), (3.0, (0.085, 0.052, 0.030)),
    (3.5, (0.062, 0.050, 0.040)),
)
_LEAF_LIGHT: tuple[tuple[float, Color], ...] = (
    (0.0, (0.105, 0.090, 0.066)), (0.6, (0.130, 0.165, 0.036)), (1.3, (0.085, 0.108, 0.026)),
    (2.0, (0.140, 0.118, 0.026)), (2.5, (0.330, 0.165, 0.022)), (3.0, (0.150, 0.096, 0.052)),
    (3.5, (0.108, 0.090, 0.070)),
)
_LEAF_SHARE = ((0.0, 0.25), (0.5, 0.75), (0.9, 1.0), (2.2, 1.0), (2.8, 0.6), (3.1, 0.25), (3.6, 0.2))
_GROUND_SNOW = ((0.0, 0.32), (0.45, 0.02), (0.8, 0.0), (2.55, 0.0), (3.0, 0.35), (3.3, 0.8), (3.7, 0.75))


def grass(season: float) -> tuple[Color, Color]:
    """Dark and light colour of meadows."""
    return _color(_GRASS_DARK, season), _color(_GRASS_LIGHT, season)


def leaves(season: float) -> tuple[Color, Color]:
    """Dark and light colour of deciduous crowns; bare twigs in winter."""
    return _color(_LEAF_DARK, season), _color(_LEAF_LIGHT, season)


def leaf_share(season: float) -> float:
    """0–1 how full deciduous crowns are."""
    return _number(_LEAF_SHARE, season)


def ground_snow(season: float) -> float:
    """0–1 how much old snow lies in cold country."""
    return _number(_GROUND_SNOW, season)


def _segment(stops: Sequence[float], season: float) -> tuple[int, int, float]:
    season %= 4.0
    for i in range(len(stops)):
        start = stops[i]
        end = stops[i + 1] if i + 1 < len(stops) else stops[0] + 4.0
        if start <= season < end:
            t = (season - start) / (end - start)
            return i, (i + 1) % len(stops), t * t * (3 - 2 * t)
    return len(stops) - 1, 0, (season + 4.0 - stops[-1]) / (stops[0] + 4.0 - stops[-1])


def _color(ring: tuple[tuple[float, Color], ...], season: float) -> Color:
    a, b, t = _segment([s for s, _ in ring], season)
    (r0, g0, b0), (r1, g1, b1) = ring[a][1], ring[b][1]
    return (r0 + (r1 - r0) * t, g0 + (g1 - g0) * t, b0 + (b1 - b0) * t)


def _number(ring: tuple[tuple[float, float], ...], season: float) -> float:
    a, b, t = _segment([s for s, _ in ring], season)
    return ring[a][1] + (ring[b][1] - ring[a][1]) * t
