"""The year as one continuous ring of colours and shares: nothing snaps when the season slider moves."""

from __future__ import annotations

from collections.abc import Sequence

Color = tuple[float, float, float]

Ring = tuple[tuple[float, Color], ...]

# Ring position, then linear RGB; the last entry leads back to the first.
_GRASS_DARK: Ring = (
    (0.0, (0.070, 0.068, 0.026)), (0.6, (0.046, 0.086, 0.018)), (1.3, (0.048, 0.080, 0.020)),
    (2.0, (0.078, 0.082, 0.024)), (2.6, (0.100, 0.078, 0.030)), (3.4, (0.092, 0.076, 0.044)),
)
_GRASS_LIGHT: Ring = (
    (0.0, (0.165, 0.145, 0.066)), (0.6, (0.110, 0.150, 0.034)), (1.3, (0.125, 0.130, 0.038)),
    (2.0, (0.190, 0.155, 0.052)), (2.6, (0.215, 0.150, 0.056)), (3.4, (0.190, 0.150, 0.090)),
)
_LEAF_DARK: Ring = (
    (0.0, (0.038, 0.032, 0.027)), (0.6, (0.055, 0.088, 0.020)), (1.3, (0.034, 0.060, 0.014)),
    (2.0, (0.060, 0.058, 0.014)), (2.5, (0.150, 0.058, 0.012)), (3.0, (0.068, 0.050, 0.034)),
    (3.5, (0.032, 0.027, 0.024)),
)
_LEAF_LIGHT: Ring = (
    (0.0, (0.080, 0.068, 0.054)), (0.6, (0.130, 0.165, 0.036)), (1.3, (0.085, 0.108, 0.026)),
    (2.0, (0.140, 0.118, 0.026)), (2.5, (0.330, 0.165, 0.022)), (3.0, (0.125, 0.092, 0.062)),
    (3.5, (0.068, 0.058, 0.051)),
)
_BIRCH_LIGHT: Ring = (
    (0.0, (0.115, 0.095, 0.070)), (0.5, (0.175, 0.210, 0.050)), (1.3, (0.110, 0.140, 0.036)),
    (2.0, (0.200, 0.165, 0.030)), (2.45, (0.420, 0.275, 0.030)), (3.0, (0.210, 0.140, 0.050)),
    (3.5, (0.086, 0.072, 0.062)),
)
_HEDGE_DARK: Ring = (
    (0.0, (0.050, 0.042, 0.030)), (0.6, (0.034, 0.062, 0.016)), (2.1, (0.036, 0.050, 0.016)),
    (2.7, (0.075, 0.046, 0.022)), (3.3, (0.048, 0.040, 0.032)),
)
_HEDGE_LIGHT: Ring = (
    (0.0, (0.110, 0.098, 0.060)), (0.6, (0.100, 0.140, 0.034)), (2.1, (0.090, 0.105, 0.034)),
    (2.7, (0.190, 0.120, 0.045)), (3.3, (0.105, 0.090, 0.068)),
)
_FERN_DARK: Ring = (
    (0.0, (0.075, 0.045, 0.022)), (0.7, (0.036, 0.070, 0.014)), (1.9, (0.040, 0.065, 0.016)),
    (2.5, (0.120, 0.070, 0.020)), (3.1, (0.085, 0.046, 0.022)),
)
_FERN_LIGHT: Ring = (
    (0.0, (0.190, 0.115, 0.055)), (0.7, (0.125, 0.185, 0.040)), (1.9, (0.120, 0.150, 0.036)),
    (2.5, (0.320, 0.190, 0.045)), (3.1, (0.220, 0.125, 0.058)),
)
_NEEDLE_LIGHT: Ring = (
    (0.0, (0.070, 0.088, 0.036)), (0.8, (0.092, 0.122, 0.040)), (1.4, (0.078, 0.100, 0.034)),
    (2.4, (0.074, 0.092, 0.034)), (3.3, (0.062, 0.080, 0.036)),
)
_LITTER_LIGHT: Ring = (
    (0.0, (0.140, 0.098, 0.058)), (0.8, (0.112, 0.082, 0.046)), (2.0, (0.122, 0.086, 0.044)),
    (2.6, (0.270, 0.140, 0.036)), (3.0, (0.220, 0.118, 0.044)), (3.5, (0.150, 0.100, 0.060)),
)
_CROPS: dict[str, tuple[Ring, Ring]] = {
    "wheat": (
        ((0.0, (0.070, 0.085, 0.030)), (0.7, (0.050, 0.095, 0.022)), (1.2, (0.140, 0.125, 0.036)),
         (1.6, (0.230, 0.160, 0.056)), (2.1, (0.210, 0.155, 0.070)), (2.5, (0.105, 0.072, 0.046)),
         (3.3, (0.085, 0.075, 0.040))),
        ((0.0, (0.105, 0.130, 0.044)), (0.7, (0.085, 0.150, 0.034)), (1.2, (0.240, 0.205, 0.060)),
         (1.6, (0.380, 0.275, 0.100)), (2.1, (0.340, 0.265, 0.130)), (2.5, (0.165, 0.115, 0.074)),
         (3.3, (0.130, 0.120, 0.062))),
    ),
    "rape": (
        ((0.0, (0.050, 0.080, 0.026)), (0.45, (0.260, 0.230, 0.030)), (0.95, (0.250, 0.225, 0.030)),
         (1.3, (0.090, 0.105, 0.034)), (2.0, (0.130, 0.095, 0.050)), (3.0, (0.060, 0.078, 0.030))),
        ((0.0, (0.085, 0.125, 0.036)), (0.45, (0.380, 0.330, 0.045)), (0.95, (0.360, 0.320, 0.045)),
         (1.3, (0.140, 0.155, 0.050)), (2.0, (0.215, 0.165, 0.090)), (3.0, (0.090, 0.115, 0.042))),
    ),
    "maize": (
        ((0.0, (0.095, 0.066, 0.044)), (0.8, (0.075, 0.078, 0.034)), (1.4, (0.036, 0.070, 0.016)),
         (2.1, (0.085, 0.090, 0.028)), (2.6, (0.150, 0.115, 0.060)), (3.1, (0.090, 0.064, 0.042))),
        ((0.0, (0.150, 0.106, 0.070)), (0.8, (0.125, 0.125, 0.055)), (1.4, (0.075, 0.120, 0.030)),
         (2.1, (0.150, 0.145, 0.048)), (2.6, (0.245, 0.190, 0.105)), (3.1, (0.145, 0.104, 0.068))),
    ),
    "soil": (
        ((0.0, (0.090, 0.062, 0.042)), (1.0, (0.080, 0.088, 0.034)), (1.8, (0.100, 0.095, 0.040)),
         (2.3, (0.088, 0.060, 0.040)), (3.2, (0.080, 0.058, 0.040))),
        ((0.0, (0.160, 0.112, 0.075)), (1.0, (0.135, 0.145, 0.056)), (1.8, (0.170, 0.155, 0.064)),
         (2.3, (0.155, 0.108, 0.072)), (3.2, (0.140, 0.102, 0.070))),
    ),
}  # fmt: skip
_LEAF_SHARE = ((0.0, 0.06), (0.5, 0.72), (0.9, 1.0), (2.25, 1.0), (2.75, 0.55), (3.05, 0.08), (3.3, 0.0), (3.7, 0.0))
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


def leaf_step(season: float) -> float:
    """The leaf share in steps, so that a moving season is not traced anew at every hair's breadth."""
    return round(leaf_share(season) * 40) / 40


def ground_snow(season: float) -> float:
    """0–1 how much old snow lies in cold country."""
    return _number(_GROUND_SNOW, season)


def needles(season: float) -> tuple[Color, Color]:
    """Dark and light colour of spruces; fresh tips in early summer."""
    return (0.020, 0.040, 0.016), _color(_NEEDLE_LIGHT, season)


def litter(season: float) -> tuple[Color, Color]:
    """Dark and light colour of the forest floor; bright with fallen leaves in late autumn."""
    return (0.046, 0.034, 0.020), _color(_LITTER_LIGHT, season)


def birch(season: float) -> tuple[Color, Color]:
    """Dark and light colour of birch leaves, which turn to gold."""
    red, green, blue = _color(_BIRCH_LIGHT, season)
    return (0.48 * red, 0.50 * green, 0.45 * blue), (red, green, blue)


def hedge(season: float) -> tuple[Color, Color]:
    """Dark and light colour of hedges."""
    return _color(_HEDGE_DARK, season), _color(_HEDGE_LIGHT, season)


def fern(season: float) -> tuple[Color, Color]:
    """Dark and light colour of bracken, rust-red when it dies."""
    return _color(_FERN_DARK, season), _color(_FERN_LIGHT, season)


def reed(season: float) -> tuple[Color, Color]:
    """Dark and light colour of reeds: meadow green in summer, straw in winter."""
    (r, g, b), (lr, lg, lb) = grass(season)
    return (0.9 * r, 0.95 * g, 0.9 * b), (1.15 * lr, 1.1 * lg, 1.2 * lb)


def crop(name: str, season: float) -> tuple[Color, Color]:
    """Dark and light colour of a field: "wheat", "rape", "maize" or "soil", from seed to stubble."""
    dark, light = _CROPS[name]
    return _color(dark, season), _color(light, season)


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
