"""A whole set of pictures of one place, without a server: angles, variations, the panorama; whole or gone on with.

Every picture is a settled render of its own, as `render.commands` leaves it. What lies there already, with the digest
asked for and files that are what their sidecar says, is not rendered again: a set that was stopped goes on.
"""

from __future__ import annotations

import hashlib
import json
import math
import multiprocessing
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from render.commands import Rendered, render_spec
from render.config import FarmConfig
from render.engines.base import Progress
from render.errors import EngineError, SpecError
from render.scene import parse_scene
from render.spec import PANO_SIZE_PX, STANDARD_KINDS, TIER_SIZE_PX, CameraSpec, RenderSpec, Tier, parse_spec
from render.variation_sets import AXIS_NAMES, VARIATION_SETS, SceneVariation

BASE = "base"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a set.

    Args:
        variation: id of what is changed, or "base".
        variation_label: what people read.
        camera: a standard angle, "custom" or "pano".
        spec: what is rendered.
    """

    variation: str
    variation_label: str
    camera: str
    spec: RenderSpec

    @property
    def slot(self) -> str:
        """The same name as in a project's document."""
        return f"{self.variation}/{self.camera}"

    @property
    def camera_label(self) -> str:
        """What people read."""
        return self.camera.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Framed:
    """A picture of a set that lies in the directory.

    Args:
        frame: what it is.
        sidecar: its metadata, see `render.outputs.metadata`.
        stem: of its files.
        fresh: whether it was rendered now.
    """

    frame: Frame
    sidecar: Mapping[str, Any]
    stem: str
    fresh: bool

    def file(self, part: str) -> str:
        """Name of one of its files: image, depth, thumb_512, thumb_256, thumb_128."""
        return str(self.sidecar["files"][part]["name"])


def read_axes(text: str) -> tuple[SceneVariation, ...]:
    """`time,weather,season` → their variations, in that order, each once.

    Raises:
        SpecError: a set is unknown.
    """
    found: dict[str, SceneVariation] = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name not in AXIS_NAMES:
            raise SpecError("variations", f"must be among time, weather, season, not {name[:40]!r}")
        found |= {variation.id: variation for variation in VARIATION_SETS[AXIS_NAMES[name]]}
    return tuple(found.values())


def plan_set(
    spec: RenderSpec, *, angles: bool = False, variations: Sequence[SceneVariation] = (), pano: bool = False,
    size_px: tuple[int, int] | None = None, tier: Tier | None = None,
) -> tuple[Frame, ...]:
    """What a set is made of.

    Args:
        spec: the scene with its camera, which every variation is seen from.
        angles: the six standard angles of the base, too.
        variations: each from the spec's camera.
        pano: the base all around, too.
        size_px: of every picture but the panorama, whose size is its tier's.
        tier: instead of the spec's own.
    """
    if tier is not None:
        spec = _at_tier(spec, tier)
    if size_px is not None and spec.camera.kind != "pano":
        spec = replace(spec, width_px=size_px[0], height_px=size_px[1])
    spec = parse_spec(spec.to_json())
    frames = [Frame(BASE, "Base", spec.camera.kind, spec)]
    if angles:
        width, height = size_px or (
            TIER_SIZE_PX[spec.tier] if spec.camera.kind == "pano" else (spec.width_px, spec.height_px)
        )
        frames += [
            Frame(BASE, "Base", kind, replace(spec, camera=CameraSpec(kind), width_px=width, height_px=height))
            for kind in STANDARD_KINDS if kind != spec.camera.kind
        ]
        frames.sort(key=lambda f: STANDARD_KINDS.index(f.camera) if f.camera in STANDARD_KINDS else -1)
    if pano and spec.camera.kind != "pano":
        width, height = PANO_SIZE_PX[spec.tier]
        camera = CameraSpec("pano", position_m=spec.camera.position_m)
        frames.append(Frame(BASE, "Base", "pano", replace(spec, camera=camera, width_px=width, height_px=height)))
    for variation in variations:
        scene = parse_scene({**spec.scene.canonical(), **variation.overrides})
        frames.append(Frame(variation.id, variation.label, spec.camera.kind, replace(spec, scene=scene)))
    return tuple(frames)


def _at_tier(spec: RenderSpec, tier: Tier) -> RenderSpec:
    """The same shape with as many pixels as the tier has; a size that was asked for in pixels stays."""
    sizes = PANO_SIZE_PX if spec.camera.kind == "pano" else TIER_SIZE_PX
    own, other = math.prod(sizes[spec.tier]), math.prod(sizes[tier])
    if abs(spec.width_px * spec.height_px / own - 1) < 0.03:
        share = math.sqrt(other / own) / 2
        spec = replace(spec, width_px=2 * round(spec.width_px * share), height_px=2 * round(spec.height_px * share))
    return replace(spec, tier=tier)


def render_set(
    frames: Sequence[Frame], out_dir: Path, stem: str, progress: Progress = lambda share, phase: None, *,
    jobs: int = 1, again: bool = False, config: FarmConfig | None = None,
) -> list[Framed]:
    """Render a set into a directory.

    Args:
        frames: from `plan_set`.
        out_dir: made when missing.
        stem: files are called `<stem>.<variation>.<camera>…`; a single base picture just `<stem>…`.
        progress: called with the share done (0–1) and what is rendered.
        jobs: processes that render at the same time; each builds the place for itself.
        again: render also what lies there already.
        config: engines and torch threads.

    Returns:
        Every frame's files, in the order of `frames`.

    Raises:
        SpecError, RenderError, OSError: what is finished stays.
    """
    config = config or FarmConfig()
    out_dir.mkdir(parents=True, exist_ok=True)
    stems = {frame.slot: stem if len(frames) == 1 else f"{stem}.{frame.variation}.{frame.camera}" for frame in frames}
    found = {} if again else {f.slot: there for f in frames if (there := _there(out_dir, stems[f.slot], f)) is not None}
    missing = [frame for frame in frames if frame.slot not in found]
    fresh: dict[str, Rendered] = {}
    if jobs <= 1 or len(missing) <= 1:
        for index, frame in enumerate(missing):
            report = _share_of(progress, len(found) + index, len(frames), frame)
            fresh[frame.slot] = render_spec(frame.spec, out_dir, stems[frame.slot], report, config=config)
    else:
        for frame, rendered in _in_processes(missing, out_dir, stems, min(jobs, len(missing)), config):
            fresh[frame.slot] = rendered
            progress((len(found) + len(fresh)) / len(frames), f"{frame.slot} is there")
    progress(1.0, "done")
    return [
        Framed(
            frame, _sidecar(out_dir, stems[frame.slot]) or {}, stems[frame.slot], frame.slot in fresh
        )
        for frame in frames
    ]


def _there(out_dir: Path, stem: str, frame: Frame) -> Mapping[str, Any] | None:
    """The sidecar of a picture that lies there whole; None when it must be rendered."""
    sidecar = _sidecar(out_dir, stem)
    try:
        if sidecar is None or sidecar["digest"] != frame.spec.digest():
            return None
        for entry in sidecar["files"].values():
            if hashlib.sha256((out_dir / Path(entry["name"]).name).read_bytes()).hexdigest() != entry["sha256"]:
                return None
    except (KeyError, TypeError, AttributeError, OSError):
        return None
    return sidecar


def _sidecar(out_dir: Path, stem: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads((out_dir / f"{stem}.meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _share_of(progress: Progress, done: int, of: int, frame: Frame) -> Progress:
    def report(share: float, phase: str) -> None:
        progress((done + share) / of, f"{done + 1} of {of}: {frame.slot}, {phase}")

    return report


def _in_processes(
    frames: Sequence[Frame], out_dir: Path, stems: Mapping[str, str], jobs: int, config: FarmConfig
) -> Iterator[tuple[Frame, Rendered]]:
    """Render in processes of their own; yields each picture as it is finished."""
    with _pool(jobs) as pool:
        running: dict[Future[Rendered], Frame] = {
            pool.submit(_render_one, frame.spec.to_json(), out_dir, stems[frame.slot], config): frame
            for frame in frames
        }
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED, timeout=0.5)
            for future in done:
                frame = running.pop(future)
                try:
                    yield frame, future.result()
                except BrokenProcessPool as error:
                    raise EngineError(
                        f"a render process died at {frame.slot}, probably out of memory; try fewer --jobs or a smaller "
                        "--size"
                    ) from error


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that are gone when this ends, however it ends."""
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin_process)
    before = set(multiprocessing.active_children())
    try:
        yield pool
    except BaseException:
        mine = set(multiprocessing.active_children()) - before
        pool.shutdown(wait=False, cancel_futures=True)
        for process in mine:
            process.terminate()
        deadline = time.monotonic() + 5
        for process in mine:
            process.join(max(0.1, deadline - time.monotonic()))
        raise
    pool.shutdown()


def _begin_process() -> None:
    """Ctrl-C reaches every process of a terminal; the first one ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _render_one(spec: dict[str, Any], out_dir: Path, stem: str, config: FarmConfig) -> Rendered:
    return render_spec(parse_spec(spec), out_dir, stem, config=config)
