"""What a weather word, its intensity and the season do to the air, before the hour is known.

Every amount is a smooth function of `weather_intensity` (0–1) and of the season's ring. Only here are the words read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from render.scene import Scene

_MIDSUMMER = 1.22


@dataclass(frozen=True, slots=True)
class Air:
    """Amounts of one weather, mostly 0–1.

    Args:
        overcast: share of a closed cover; `gain` what it lets through, 1 for bright white, below 0.5 for a storm.
        rough: contrast of the cover's underside; `breaks` how far it is torn open to a brighter layer above.
        cumulus: added to the coverage of single clouds, −0.6 hardly any to 0.6 nearly closed; None for none.
        cirrus, altocumulus: share of the sky under thin high ice, and under rows of small clouds.
        storm: how far the sky turns dark overhead and bright at its foot.
        fog_per_m: extinction at height 0; `fog_height_m` its scale height; `banks` how far it gathers in banks.
        veil: how far fog or dust hides the sky low down.
        wetness, puddles, snow, precipitation, dust: amounts for materials and particles.
        curtains: rain or snow hanging from far clouds.
    """

    overcast: float = 0.0
    gain: float = 1.0
    rough: float = 0.25
    breaks: float = 0.0
    cumulus: float | None = None
    cirrus: float = 0.0
    altocumulus: float = 0.0
    storm: float = 0.0
    fog_per_m: float = 0.0
    fog_height_m: float = 60.0
    banks: float = 0.0
    veil: float = 0.0
    wetness: float = 0.0
    puddles: float = 0.0
    snow: float = 0.0
    precipitation: float = 0.0
    dust: float = 0.0
    curtains: float = 0.0


def air_of(scene: Scene) -> Air:
    """The air of a scene."""
    i, cover = scene.weather_intensity, scene.cloud_cover
    winter = winter_share(scene.season)
    match scene.weather:
        case "clear":
            return Air(
                cumulus=None if cover < 0.02 else -0.66 + 0.66 * cover, cirrus=0.9 * cover**0.7,
                altocumulus=max(0.0, cover - 0.35),
            )
        case "cloudy":
            return Air(
                overcast=0.08 * i, cumulus=-0.20 + 0.34 * i + 0.14 * cover, cirrus=0.35, altocumulus=0.25 + 0.3 * i,
            )
        case "overcast":
            return Air(overcast=0.80 + 0.20 * i, gain=1.0 - 0.30 * i, rough=0.34 + 0.10 * i, breaks=0.8 * (1 - i))
        case "mist":
            return Air(
                overcast=0.06 + 0.50 * i * i, rough=0.10, cirrus=0.3 * (1 - i), fog_per_m=0.0010 * 11**i,
                fog_height_m=26.0 + 44 * i, banks=0.75 - 0.35 * i, veil=0.22 + 0.62 * i, wetness=0.25 * i,
            )
        case "rain":
            return Air(
                overcast=0.90 + 0.10 * i, gain=0.74 - 0.22 * i, rough=0.38, breaks=0.25 * (1 - i),
                fog_per_m=0.00008 + 0.00075 * i * i, fog_height_m=380.0, banks=0.25, veil=0.12 + 0.36 * i,
                wetness=0.55 + 0.45 * i, puddles=0.25 + 0.75 * i, precipitation=0.30 + 0.70 * i, curtains=0.8,
            )
        case "storm":
            return Air(
                overcast=1.0, gain=0.50 - 0.20 * i, rough=0.50 + 0.22 * i, storm=0.60 + 0.40 * i,
                fog_per_m=0.00006 + 0.0003 * i * i, fog_height_m=420.0, banks=0.28, veil=0.05 + 0.20 * i,
                wetness=0.9 + 0.1 * i, puddles=0.6 + 0.4 * i, precipitation=0.60 + 0.40 * i, curtains=1.0,
            )
        case "snow":
            return Air(
                overcast=0.86 + 0.14 * i, gain=1.0 - 0.22 * i, rough=0.24, breaks=0.25 * (1 - i),
                fog_per_m=0.00012 + 0.0014 * i * i, fog_height_m=600.0, banks=0.25, veil=0.25 + 0.65 * i,
                snow=(0.40 + 0.60 * i) * (0.82 + 0.18 * winter), precipitation=0.22 + 0.78 * i, curtains=0.5,
            )
        case "dust":
            return Air(
                overcast=0.10 + 0.30 * i, gain=0.85, rough=0.08, fog_per_m=0.0003 + 0.0030 * i * i,
                fog_height_m=240.0, banks=0.7, veil=0.40 + 0.48 * i, dust=0.3 + 0.7 * i,
            )


def winter_share(season: float) -> float:
    """0 at midsummer, 1 at midwinter, round the season's ring."""
    return 0.5 - 0.5 * math.cos(math.pi / 2 * (season - _MIDSUMMER))


def autumn_share(season: float) -> float:
    """0 at mid spring, 1 at mid autumn."""
    return 0.5 + 0.5 * math.sin(math.pi / 2 * (season - _MIDSUMMER))


def season_tint(season: float) -> tuple[float, float, float]:
    """Colour factor on sunlight: golden in autumn, a little pale in winter, about neutral otherwise."""
    autumn, winter = autumn_share(season) ** 2, winter_share(season)
    return 1.0 + 0.03 * autumn, 1.0 - 0.01 * autumn + 0.01 * winter, 1.0 - 0.10 * autumn + 0.06 * winter


def season_haze(season: float) -> float:
    """Factor on haze: soft in late summer and autumn, crisp in winter and spring."""
    return 1.0 + 0.30 * math.sin(math.pi / 2 * (season - _MIDSUMMER + 0.6))
