"""The procedural engine: one recipe from spec to picture, the same for every world.

World → view → trace → shade → sky, clouds, air → particles → film. Caches by level: worlds by geometry, what a
preview's camera sees by geometry and camera, light by hour and weather; a world keeps its own shadows of the last suns.
Nothing is random at render time: every pattern is a function of the scene's seed and of world metres (E1).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.abreast import abreast, both, spans
from render.device import on_device
from render.engines.base import Picture, Progress
from render.engines.cache import ByteCache
from render.errors import EngineError, OutOfMemoryError, is_out_of_memory
from render.film import develop
from render.gbuffer import GBuffer
from render.light.air import through_air
from render.light.base import Light
from render.light.beams import Beams, has_beams
from render.light.build import build_light
from render.light.firmament import pixel_angle
from render.light.glazing import through_panes
from render.light.particles import fall
from render.light.skyward import sky_behind
from render.planes import collect, keep_albedo
from render.remarks import remarks
from render.shots import Shot, place
from render.spec import RenderSpec
from render.view import View
from render.world.base import Adapts, Enclosed, Shades, World
from render.world.build import build_world, has_quick_version
from render.world.season import leaf_step

logger = logging.getLogger(__name__)

_WORLD_BYTES_UNKNOWN = 60_000_000
_MOST_SUPERSAMPLES = 4_300_000
_TRACED_BYTES = 80_000_000
_SEEN_FALLING = 2.5
"""A drop that changes a pixel by a tenth counts as a quarter covered: that much is seen, and no surface."""
_SHADED_AT_ONCE = 1 << 19


class ProceduralEngine:
    """See `Engine`; one per process, safe to share between threads.

    Args:
        cache_bytes: memory for worlds.
        device: where everything is computed, as torch names it. One process stays with one device.
    """

    name = "procedural"

    def __init__(self, cache_bytes: int, device: str = "cpu") -> None:
        self._device = device
        self._worlds: ByteCache[World] = ByteCache(cache_bytes, _world_bytes)
        self._lights: ByteCache[Light] = ByteCache(64, lambda _: 1)
        self._traced: ByteCache[GBuffer] = ByteCache(_TRACED_BYTES, _buffer_bytes)
        self._shots: ByteCache[Shot] = ByteCache(512, lambda _: 1)

    def render(self, spec: RenderSpec, progress: Progress) -> Picture:
        """Render one picture; see `Engine.render`."""
        try:
            with torch.inference_mode(), on_device(self._device):
                return self._render(spec, progress)
        except MemoryError as error:
            raise OutOfMemoryError("the picture does not fit into memory; ask for a smaller one") from error
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise OutOfMemoryError("the picture does not fit into memory; ask for a smaller one") from error
            raise EngineError(f"the engine failed: {error}") from error

    def _render(self, spec: RenderSpec, progress: Progress) -> Picture:
        watch = _Watch()
        scene = spec.scene
        settled = spec.tier != "preview"
        progress(0.02, "building the place")
        geometry = scene.key("geometry")

        def found() -> tuple[World, Shot]:
            quick = self._world((*geometry, "quick"), spec, progress, fine=False)
            watch.lap("world")
            progress(0.30, "placing the camera")
            shot = self._shot(geometry, quick, spec)
            watch.lap("camera")
            return quick, shot

        lit = scene.key("geometry", "light", "materials")
        (world, shot), light = both(found, lambda: self._lights.get_or_make(lit, lambda: build_light(scene)))
        if settled:
            world = self._world((*geometry, "fine"), spec, progress, fine=True)
        watch.lap("world")
        progress(0.45, "lighting")
        if isinstance(world, Adapts):
            light = world.adapt(scene, light)
        watch.lap("light")
        progress(0.5, "looking")
        view = shot.view
        double = settled and view.width_px * view.height_px * 4 <= _MOST_SUPERSAMPLES
        if settled:
            g = world.trace(view.scaled(2) if double else view)
            keep_albedo(g)
        else:  # while somebody drags the hour, the same camera asks again and again
            seen = (geometry, spec.camera, spec.width_px, spec.height_px, leaf_step(scene.season))
            g = self._traced.get_or_make(seen, lambda: world.trace(view))
        watch.lap("trace")
        progress(0.65, "shading")
        linear, depth, masks = _expose(world, g, view, light, double, progress, watch)
        progress(0.92, "developing")
        _check(linear, spec)
        display = develop(linear, light.exposure, vignette=view.projection == "pinhole")
        watch.lap("film")
        progress(1.0, "done")
        logger.debug("engine.rendered digest=%s %s", spec.digest()[:12], watch.seconds)
        return Picture(
            display=display, linear=linear.numpy(force=True), depth_m=depth.numpy(force=True), view=view,
            notes=(*shot.notes, *remarks(depth.numpy(force=True), view)),
            seconds=watch.seconds, aux=masks,
        )

    def _world(self, key: Hashable, spec: RenderSpec, progress: Progress, *, fine: bool) -> World:
        if not has_quick_version(spec.scene):
            key, fine = spec.scene.key("geometry"), True

        def report(share: float, phase: str) -> None:
            progress(0.02 + 0.4 * share, phase)

        return self._worlds.get_or_make(key, lambda: build_world(spec.scene, report, fine=fine))

    def _shot(self, geometry: Hashable, world: World, spec: RenderSpec) -> Shot:
        key = (geometry, spec.camera, spec.width_px, spec.height_px)
        return self._shots.get_or_make(key, lambda: place(world, spec.camera, spec.width_px, spec.height_px))


def _expose(
    world: World, g: GBuffer, view: View, light: Light, double: bool, progress: Progress, watch: _Watch
) -> tuple[Tensor, Tensor, dict[str, npt.NDArray[Any]]]:
    """Radiance (H, W, 3) and depth (H, W) of a view from its G-buffer; twice as fine each way when `double`.

    One sample is shaded per pixel, all four only where depth, normal or surface differ between them. Beside them go the
    planes (H, W) of what no second camera can be asked about: the share of light that is `mirror`, or `falling` rain.
    """
    height, width = view.height_px, view.width_px
    pixels = height * width
    if double:
        quad = torch.arange(4 * pixels).view(height, 2, width, 2).permute(0, 2, 1, 3).reshape(pixels, 4)
        edge, depth = _edges(g, view)
        first = quad[:, 0]
        rest = quad[edge][:, 1:].reshape(-1)
        which = torch.cat([first, rest])
    else:
        edge, depth = torch.empty(0, dtype=torch.long), g.depth_m
        which = torch.arange(pixels)
    seen = g.hit[which]
    radiance = torch.empty(which.numel(), 3)
    hit = torch.nonzero(seen).squeeze(1)
    beams = _beams(world, view.scaled(2) if double else view, light)
    sky = torch.nonzero(~seen).squeeze(1)
    # A panorama bit by bit: eight million samples at once would take four gigabytes.
    around = view.projection == "equirect"

    def surfaces() -> None:
        at = which[hit]
        parts = torch.split(at, _SHADED_AT_ONCE) if around else (at,)
        left = torch.cat([world.shade(g, part, light) for part in parts])
        watch.lap("shade")
        progress(0.80, "filling the air")
        radiance[hit] = _through(world, view, g, at, left, light, beams)
        watch.lap("air")

    def heaven() -> None:
        direction = g.direction[which[sky]]
        sunny = None if beams is None else beams.share(which[sky], torch.full((sky.numel(),), math.inf))
        painted = sky_behind(direction, which[sky], g.direction, view, light, 2 if double else 1, sunny)
        radiance[sky] = through_panes(painted, light) if world.stage.indoors else painted

    painted = [part for part, samples in ((surfaces, hit), (heaven, sky)) if samples.numel()]
    abreast(*painted, samples=0 if around else which.numel())
    pixel_rad = pixel_angle(view.fx_px, view.width_px)
    watch.lap("sky")
    masks: dict[str, npt.NDArray[Any]] = {}
    if g.albedo is not None:
        masks |= collect(g, view, quad if double else None, edge, radiance[:pixels], light)
    if g.mirror is not None and not double:
        masks["mirror"] = _plane(g.mirror, view)
    elif g.mirror is not None:
        masks["mirror"] = _plane(g.mirror[which[:pixels]], view)
    if light.precipitation > 0 and not world.stage.indoors:
        clear = radiance[:pixels].sum(1)
        eye = (float(view.eye_m[0]), float(view.eye_m[1]), float(view.eye_m[2]))
        radiance = fall(radiance, g.direction[which], _along(view, g, which), light, pixel_rad, eye)
        after = radiance[:pixels].sum(1)
        changed = (after - clear).abs() / torch.maximum(after, clear).clamp(min=1e-9)
        masks["falling"] = _plane((changed * _SEEN_FALLING).clamp(max=1), view)
        watch.lap("fall")
    image = radiance[:pixels]
    if edge.numel():
        image[edge] = (image[edge] + radiance[pixels:].view(-1, 3, 3).sum(1)) * 0.25
    return image.view(height, width, 3).contiguous(), depth.view(height, width).clone(), masks


def _through(
    world: World, view: View, g: GBuffer, at: Tensor, left: Tensor, light: Light, beams: Beams | None
) -> Tensor:
    """What arrives (M, 3) at the eye of radiance (M, 3) that left the surfaces of samples `at` (M,)."""
    eye_z, eye_xy = float(view.eye_m[2]), (float(view.eye_m[0]), float(view.eye_m[1]))
    result = torch.empty_like(left)

    def part(some: slice) -> None:
        own = at[some]
        direction, along = g.direction[own], _along(view, g, own)
        if world.stage.indoors and isinstance(world, Enclosed):  # the room is clear; weather begins outside its windows
            along = world.outdoors_m(torch.as_tensor(view.eye_m), direction, along)
        sunny = None if beams is None else beams.share(own, along)
        arrived = through_air(left[some], direction, along, eye_z, light, eye_xy, sunny)
        if world.stage.indoors:
            outside = along > 0
            arrived[outside] = through_panes(arrived[outside], light)
        result[some] = arrived

    abreast(*(partial(part, some) for some in spans(at.numel())))
    return result


def _beams(world: World, view: View, light: Light) -> Beams | None:
    """Beams in the mist of a land; other places have none."""
    if not isinstance(world, Shades) or not has_beams(light):
        return None
    return Beams(view, light, world.shade_top_m(light.sun_direction))


def _plane(share: Tensor, view: View) -> npt.NDArray[np.float16]:
    return share.view(view.height_px, view.width_px).half().numpy(force=True)


def _edges(g: GBuffer, view: View) -> tuple[Tensor, Tensor]:
    """Pixels (K,) whose four samples see different things, and every pixel's depth (P,).

    The mean of 1/z of the four is exactly 1/z at the pixel's centre on any plane; at edges the nearest surface counts.
    """
    a, b, c, d = _four(g.depth_m, view)
    nearest = torch.minimum(torch.minimum(a, b), torch.minimum(c, d))
    farthest = torch.maximum(torch.maximum(a, b), torch.maximum(c, d))
    apart = farthest > nearest * 1.03
    split = apart.clone()
    first, *others = _four(g.object_id, view)
    for other in others:
        split |= other != first
    across, down, up = (_four(g.normal[:, k], view) for k in range(3))
    for k in range(4):
        alike = across[0] * across[k] + down[0] * down[k] + up[0] * up[k]
        split |= (alike < 0.80) & torch.isfinite(nearest)
    centre = 4 / (1 / a + 1 / b + 1 / c + 1 / d)
    whole = torch.where(apart, nearest, centre)
    return torch.nonzero(split).squeeze(1), torch.where(torch.isfinite(nearest), whole, math.inf)


def _four(plane: Tensor, view: View) -> list[Tensor]:
    """The four samples (P,) of each of the P pixels of a view, row by row, from a plane (4·P,) twice as fine."""
    square = plane.view(view.height_px, 2, view.width_px, 2)
    return [square[:, row, :, column].reshape(-1) for row in (0, 1) for column in (0, 1)]


def _world_bytes(world: World) -> int:
    return int(getattr(world, "bytes", _WORLD_BYTES_UNKNOWN))


def _buffer_bytes(g: GBuffer) -> int:
    return sum(v.numel() * v.element_size() for v in vars(g).values() if isinstance(v, Tensor))


def _along(view: View, g: GBuffer, at: Tensor) -> Tensor:
    """Distance along the ray (M,) of samples `at`."""
    if view.projection == "equirect":
        return g.depth_m[at]
    forward = torch.tensor(view.world_from_cam[:, 2], dtype=torch.float32)
    return g.depth_m[at] / (g.direction[at] * forward).sum(1).clamp(min=1e-4)


def _check(linear: Tensor, spec: RenderSpec) -> None:
    if not bool(torch.isfinite(linear).all()):
        error = EngineError("the picture holds numbers that are not finite; please report this scene")
        error.kind = "nan_output"
        logger.error("engine.nan_output digest=%s", spec.digest())
        raise error


class _Watch:
    """Seconds per phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, phase: str) -> None:
        """Credit the time since the last lap to a phase."""
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._last
        self._last = now
