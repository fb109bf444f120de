"""Water mirrors the land that stands behind it."""

from __future__ import annotations

import numpy as np

from render.engines.registry import get_engine
from render.spec import parse_spec


def test_no_patch_of_sky_stands_in_a_lake_below_the_mountains() -> None:
    scene = {"archetype": "alpine", "seed": 7, "time_of_day": 7.0}
    spec = parse_spec({"scene": scene, "width_px": 192, "height_px": 108, "tier": "preview"})

    picture = get_engine("procedural").render(spec, lambda share, phase: None)

    # The far half of the lake, in the mountains' shade: the sky is ten times as bright as what it mirrors.
    far_water = picture.linear[46:54].mean(-1)
    assert np.isfinite(picture.depth_m[46:54]).all()
    assert (far_water > 4 * np.median(far_water)).mean() < 0.02
