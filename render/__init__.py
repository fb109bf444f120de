"""The farm and its engines: a RenderSpec goes in, pictures come out.

This package's root imports no torch, so that the web server can speak of specs, scenes and jobs; only
`render.engines` and what it stands on load torch, inside render processes. Promises are numbered in SPEC.md.

For a notebook: `render.place("a misty fjord at dawn").picture("low_angle")`; see `render.notebook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from render.notebook import Place, Shown, picture, place

__all__ = ["Place", "Shown", "picture", "place"]


def __getattr__(name: str) -> Any:
    """Load the notebook's part when it is first asked for."""
    if name in __all__:
        from render import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'render' has no attribute {name!r}")
