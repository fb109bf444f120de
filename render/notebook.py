"""Places and pictures for a notebook or a script: what `import render` gives.

    import render
    cove = render.place("a misty fjord at dawn, abandoned boathouse")
    cove                                             # a notebook shows its picture
    cove.change(time_of_day=21).picture("low_angle", size="960x540").save("low.png")
    cove.sheet("hours")

Torch is loaded by the first picture, not before.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from render.archetypes import ALIASES, ARCHETYPES, KINDS
from render.config import FarmConfig
from render.describe import describe
from render.engines.base import Picture
from render.exr import encode_exr
from render.outputs import encode_png, metadata
from render.scene import Scene, Value, parse_scene
from render.sizes import read_size
from render.spec import RenderSpec, parse_spec

if TYPE_CHECKING:
    from render.sheets_of_worlds import SheetOf

_CONFIG = FarmConfig()


def place(words: str = "", /, **parameters: Value) -> Place:
    """A place, from words, parameters or both.

    Args:
        words: a kind of place (`"coast"`), or a description of one; parameters win over words.
        parameters: as `render.scene.scene_schema()` lists them.

    Raises:
        SpecError: a parameter is unknown or out of range. No words are an error.
    """
    name = ALIASES.get(words.strip(), words.strip())
    if name in ARCHETYPES:
        return Place(parse_scene({"archetype": name, **parameters}))
    found = describe(words)
    reasons = {each.parameter: each.reason for each in found.suggestions if each.parameter not in parameters}
    return Place(parse_scene({**found.parameters, **parameters}), tuple(reasons.values()), found.unknown)


def picture(
    scene: Place | Scene | Mapping[str, Value] | str, camera: str | Mapping[str, Any] = "wide_establishing", *,
    size: str | tuple[int, int] | None = None, tier: str = "standard",
) -> Shown:
    """One picture.

    Args:
        scene: a place, a scene, a map of parameters, or words.
        camera: a standard angle, "pano", or a camera as in a document (`{"kind": "custom", "position_m": …}`).
        size: pixels, "960x540" or (960, 540); the tier's own if left out.
        tier: preview, low, standard or high.

    Raises:
        SpecError: something cannot be rendered as asked for. EngineError, OutOfMemoryError: the engine failed.
    """
    if isinstance(scene, str):
        scene = place(scene)
    if isinstance(scene, Place):
        scene = scene.scene
    values = scene.canonical() if isinstance(scene, Scene) else dict(scene)
    request: dict[str, Any] = {
        "scene": values, "camera": {"kind": camera} if isinstance(camera, str) else dict(camera), "tier": tier,
    }
    if size is not None:
        request["width_px"], request["height_px"] = read_size(size) if isinstance(size, str) else size
    spec = parse_spec(request)
    return Shown(spec, _engine().render(spec, lambda share, phase: None))


@dataclass(frozen=True)
class Place:
    """A place that can be looked at.

    Args:
        scene: every parameter.
        reasons: why the words made it so.
        unknown: words that changed nothing.
    """

    scene: Scene
    reasons: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The kind of place, as people read it."""
        return KINDS[self.scene.archetype].title

    def change(self, **parameters: Value) -> Place:
        """The same place with other parameters.

        Raises:
            SpecError: a parameter is unknown or out of range.
        """
        return replace(self, scene=parse_scene({**self.scene.canonical(), **parameters}), reasons=(), unknown=())

    def picture(
        self, camera: str | Mapping[str, Any] = "wide_establishing", *, size: str | tuple[int, int] | None = None,
        tier: str = "standard",
    ) -> Shown:
        """See `picture`."""
        return picture(self, camera, size=size, tier=tier)

    def sheet(self, of: SheetOf = "angles", *, size: str = "320x180") -> Image.Image:
        """A contact sheet: angles, hours, weathers, seasons or seeds."""
        from render.sheets_of_worlds import sheet_of

        width, height = read_size(size)
        scene = {name: value for name, value in self.scene.canonical().items() if name != "archetype"}
        return sheet_of([self.scene.archetype], of, scene=scene, width_px=width, height_px=height)

    def _repr_png_(self) -> bytes:
        """What a notebook shows: a quick picture."""
        return picture(self, size=(768, 432), tier="preview")._repr_png_()

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.scene.canonical().items())
        return f"{self.title}: {values}"


@dataclass(frozen=True)
class Shown:
    """A finished picture.

    Args:
        spec: what was asked for.
        whole: everything the engine gave: radiance, depth, camera, notes, seconds.
    """

    spec: RenderSpec
    whole: Picture

    @cached_property
    def image(self) -> Image.Image:
        """RGB, sRGB, as Pillow has it."""
        return Image.fromarray(self.whole.display)

    @property
    def depth_m(self) -> npt.NDArray[np.float32]:
        """(H, W) planar depth in metres, +inf at sky."""
        return self.whole.depth_m

    @property
    def notes(self) -> tuple[str, ...]:
        """The engine's remarks, such as a camera that was moved into the open."""
        return self.whole.notes

    def save(self, path: str | Path) -> Path:
        """Write it: .png with its spec inside, .exr with radiance and depth, or what else Pillow knows.

        Raises:
            OSError: it cannot be written. ValueError: no such format.
        """
        path = Path(path)
        about = metadata(self.whole, self.spec)
        if path.suffix.lower() == ".exr":
            path.write_bytes(encode_exr(self.whole, about))
        elif path.suffix.lower() == ".png":
            path.write_bytes(encode_png(self.whole.display, about))
        else:
            self.image.save(path)
        return path

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        data = io.BytesIO()
        self.image.save(data, "PNG", compress_level=3)
        return data.getvalue()

    def __repr__(self) -> str:
        kind = KINDS[self.spec.scene.archetype].title
        return f"{kind}, {self.spec.camera.kind}, {self.spec.width_px}×{self.spec.height_px}"


def _engine() -> Any:
    from render.engine_loading import load_engines

    return load_engines(_CONFIG.engines, _CONFIG.threads, _CONFIG.device).engine("procedural")
