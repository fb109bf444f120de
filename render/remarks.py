"""What to tell people about a picture that shows them nothing: one sentence each, with the mend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from render.view import View

_TOUCHING_M = 0.25
_MOST = 0.9


def remarks(depth_m: npt.NDArray[np.float32], view: View) -> tuple[str, ...]:
    """Notes on a finished picture; none for most.

    Args:
        depth_m: (H, W) metres, +inf at sky.
        view: the camera as placed.
    """
    seen = np.isfinite(depth_m)
    if not seen.any():
        looks_up = view.projection == "pinhole" and view.world_from_cam[2, 2] > 0
        mend = "lower what it looks at" if looks_up else "bring it nearer to the place"
        return (f"This camera sees nothing but sky: {mend}, or begin at one of the standard angles.",)
    near = seen & (depth_m < _TOUCHING_M)
    if near.mean() > _MOST:
        return (f"Something less than {_TOUCHING_M * 100:.0f} cm away fills this frame: move the camera back.",)
    return ()
