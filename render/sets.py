"""A whole set of pictures of one place rendered into a directory, without a server; whole or gone on with.

Every picture is a settled render of its own, as `render.commands` leaves it. What lies there already, with the digest
asked for and files that are what their sidecar says, is not rendered again: a set that was stopped goes on.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.commands import Rendered, render_spec
from render.config import FarmConfig
from render.engines.base import Progress
from render.errors import EngineError
from render.set_cost import Pace, seconds_of
from render.set_plan import Frame
from render.spec import parse_spec


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


def render_set(
    frames: Sequence[Frame], out_dir: Path, stem: str, progress: Progress = lambda share, phase: None, *,
    jobs: int = 1, missing: Sequence[Frame] | None = None, config: FarmConfig | None = None,
) -> list[Framed]:
    """Render a set into a directory.

    Args:
        frames: from `plan_set`.
        out_dir: made when missing.
        stem: files are called `<stem>.<variation>.<camera>…`; a single base picture just `<stem>…`.
        progress: called with the share done (0–1) and what is rendered.
        jobs: processes that render at the same time; each builds the place for itself.
        missing: those to be rendered; if left out, what `missing_of` finds.
        config: engines and torch threads.

    Returns:
        Every frame's files, in the order of `frames`.

    Raises:
        SpecError, RenderError, OSError: what is finished stays.
    """
    config = config or FarmConfig()
    out_dir.mkdir(parents=True, exist_ok=True)
    stems = _stems(frames, stem)
    missing = missing_of(frames, out_dir, stem) if missing is None else missing
    pace = Pace(frames, missing)
    fresh: dict[str, Rendered] = {}
    if jobs <= 1 or len(missing) <= 1:
        for frame in missing:
            report = _share_of(progress, pace, len(frames) - len(missing) + len(fresh) + 1, frame)
            fresh[frame.slot] = render_spec(frame.spec, out_dir, stems[frame.slot], report, config=config)
            pace.finished(frame)
    else:
        for frame, rendered in _in_processes(missing, out_dir, stems, min(jobs, len(missing)), config):
            fresh[frame.slot] = rendered
            pace.finished(frame)
            progress(pace.share(), f"{frame.slot} is there{pace.left()}")
    progress(1.0, "done")
    return [
        Framed(frame, _sidecar(out_dir, stems[frame.slot]) or {}, stems[frame.slot], frame.slot in fresh)
        for frame in frames
    ]


def missing_of(frames: Sequence[Frame], out_dir: Path, stem: str) -> Sequence[Frame]:
    """Those of a set's pictures that do not lie in the directory, whole and as asked for; arguments as above."""
    stems = _stems(frames, stem)
    return [frame for frame in frames if not _is_there(out_dir, stems[frame.slot], frame)]


def _stems(frames: Sequence[Frame], stem: str) -> Mapping[str, str]:
    """What the files of each slot are called."""
    return {frame.slot: stem if len(frames) == 1 else f"{stem}.{frame.variation}.{frame.camera}" for frame in frames}


def _is_there(out_dir: Path, stem: str, frame: Frame) -> bool:
    sidecar = _sidecar(out_dir, stem)
    try:
        if sidecar is None or sidecar["digest"] != frame.spec.digest():
            return False
        for entry in sidecar["files"].values():
            if hashlib.sha256((out_dir / Path(entry["name"]).name).read_bytes()).hexdigest() != entry["sha256"]:
                return False
    except (KeyError, TypeError, AttributeError, OSError):
        return False
    return True


def _sidecar(out_dir: Path, stem: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads((out_dir / f"{stem}.meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _share_of(progress: Progress, pace: Pace, number: int, frame: Frame) -> Progress:
    def report(share: float, phase: str) -> None:
        progress(pace.share(share * seconds_of(frame)), f"{number} of {pace.of}: {frame.slot}, {phase}{pace.left()}")

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
