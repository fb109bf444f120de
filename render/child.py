"""The render process: reads requests from standard input, renders, writes pictures to standard output.

    python -m render.child --lane preview --parent PID --engines module:attribute [--threads 1] [--nice 0]

Engine code runs only here. A process can be killed at any instant, cannot starve its worker's heartbeats, and takes its
memory with it when it goes. It dies with its parent (PR_SET_PDEATHSIG, and the end of standard input), and is first
in line when the kernel runs out of memory, so that the server is not.

In:  `{kind: "render", job, spec, lane}` · `{kind: "stop", job, mode}`
     `{kind: "supply", job, name}` + PNG and EXR: a picture that the job's scores will be made of
Out: `{kind: "ready"}` · `{kind: "progress", job, progress, phase}`
     `{kind: "picture", job, final, result, parts, rss_mb}` + blobs
     `{kind: "stopped", job}` · `{kind: "failed", job, failure, sentence}`
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import io
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from render.engine_loading import EngineSource, load_engines
from render.engines.base import Picture
from render.errors import CanceledError
from render.failures import NAN_OUTPUT, Failure, of_error
from render.frames import Frame, encode_frame, read_frame
from render.outputs import encode_draft, encode_settled, is_finite
from render.scores.request import ScoreSpec, is_scores, parse_scores
from render.spec import RenderSpec, parse_spec

logger = logging.getLogger("render.child")

PR_SET_PDEATHSIG = 1
PROGRESS_EVERY_S = 0.1
DRAFT_SHARE = 0.3
"""Share of a preview's progress bar that its first, small picture takes."""


@dataclass
class Stops:
    """What has been asked to stop; written by the reading thread, read by the rendering one."""

    modes: dict[str, str] = field(default_factory=dict)

    def check(self, job: str, *, shown: bool) -> None:
        """Raise CanceledError if the job is to stop; a superseded one first shows a picture."""
        mode = self.modes.get(job)
        if mode == "cancel" or (mode == "supersede" and shown):
            raise CanceledError(mode)


class Pipe:
    """A raw pipe whose `write` writes everything: an unbuffered file may take only part of a large frame."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw

    def write(self, data: bytes) -> None:
        """Write all of it, blocking."""
        view = memoryview(data)
        while view:
            view = view[self._raw.write(view) or 0 :]


class Child:
    """The rendering half: one request at a time."""

    def __init__(self, engines: EngineSource, pipe: Pipe, stops: Stops) -> None:
        self._engines = engines
        self._pipe = pipe
        self._stops = stops
        self._supplies: dict[str, dict[str, Any]] = {}

    def send(self, header: dict[str, Any], blobs: tuple[bytes, ...] = ()) -> None:
        """Write one frame to the worker."""
        self._pipe.write(encode_frame(Frame(header, blobs)))

    def serve(self, request: Frame) -> None:
        """Render one request; every ending is told to the worker."""
        if request.kind == "supply":
            self._take(request)
            return
        job, lane = str(request.header["job"]), str(request.header["lane"])
        try:
            failure: Failure | None = None
            if is_scores(request.header["spec"]):
                self._score(job, parse_scores(request.header["spec"]))
            else:
                spec = parse_spec(request.header["spec"])
                failure = self._preview(job, spec) if lane == "preview" else self._settled(job, spec)
        except CanceledError:
            self.send({"kind": "stopped", "job": job})
        except Exception as error:
            logger.exception("child.render_failed job=%s", job)
            failure = of_error(error)
            self.send({"kind": "failed", "job": job, "failure": failure.kind, "sentence": failure.sentence})
        else:
            if failure is not None:
                self.send({"kind": "failed", "job": job, "failure": failure.kind, "sentence": failure.sentence})
        finally:
            self._stops.modes.pop(job, None)
            self._supplies.clear()

    def _preview(self, job: str, spec: RenderSpec) -> Failure | None:
        """A small picture at once, then the whole one; the engine's caches make the second cheap."""
        small = replace(spec, width_px=max(16, spec.width_px // 2), height_px=max(16, spec.height_px // 2))
        for stage, low, high, shown in ((small, 0.0, DRAFT_SHARE, False), (spec, DRAFT_SHARE, 1.0, True)):
            picture = self._render(job, stage, low, high, shown=shown)
            if not is_finite(picture):
                return NAN_OUTPUT
            result, blob = encode_draft(picture)
            self._picture(job, result, {"image": blob}, final=shown)
        return None

    def _settled(self, job: str, spec: RenderSpec) -> Failure | None:
        started = time.perf_counter()
        picture = self._render(job, spec, 0.0, 0.95, shown=True)
        if not is_finite(picture):
            return NAN_OUTPUT
        self.send({"kind": "progress", "job": job, "progress": 0.96, "phase": "writing the picture"})
        result, parts = encode_settled(picture, spec, check=lambda: self._stops.check(job, shown=True))
        result["render_s"] = round(time.perf_counter() - started, 3)
        self._picture(job, result, parts, final=True)
        return None

    def _take(self, supply: Frame) -> None:
        """Read a picture and keep it at measuring size: six of them whole would be a lot of memory."""
        from render.scores.reading import read_measured  # torch; only this process has it, and only when it scores

        job, name = str(supply.header["job"]), str(supply.header["name"])
        if job not in self._supplies:
            self._supplies.clear()
        held = self._supplies.setdefault(job, {})
        try:
            held[name] = read_measured(*supply.blobs)
        except Exception as error:
            logger.exception("child.unreadable_supply job=%s name=%s", job, name)
            held[name] = error

    def _score(self, job: str, spec: ScoreSpec) -> None:
        from render.scores.report import score_delivered

        def check(share: float) -> None:
            self._stops.check(job, shown=True)
            self.send({"kind": "progress", "job": job, "progress": round(share, 3), "phase": "comparing the angles"})

        started = time.perf_counter()
        result, report = score_delivered(spec, self._supplies.get(job, {}), check)
        result["render_s"] = round(time.perf_counter() - started, 3)
        self._picture(job, result, {"report": report}, final=True)

    def _render(self, job: str, spec: RenderSpec, low: float, high: float, *, shown: bool) -> Picture:
        said_at, said_phase = 0.0, ""

        def progress(share: float, phase: str) -> None:
            nonlocal said_at, said_phase
            self._stops.check(job, shown=shown)
            now = time.monotonic()
            if phase != said_phase or now - said_at >= PROGRESS_EVERY_S:
                said_at, said_phase = now, phase
                done = low + (high - low) * min(1.0, max(0.0, share))
                self.send({"kind": "progress", "job": job, "progress": round(done, 3), "phase": phase})

        self._stops.check(job, shown=shown)
        return self._engines.engine(spec.engine).render(spec, progress)

    def _picture(self, job: str, result: dict[str, Any], parts: dict[str, bytes], *, final: bool) -> None:
        header = {
            "kind": "picture", "job": job, "final": final, "result": result, "parts": list(parts), "rss_mb": _rss_mb(),
        }
        self.send(header, tuple(parts.values()))


def main() -> None:
    """Serve requests until standard input ends."""
    options = _arguments()
    _die_with_parent(options.parent)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    if options.nice:
        os.nice(options.nice)
    # Not every container lets a process volunteer to be killed first; that is only a preference.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as adjust:
        adjust.write("500")
    # Standard output is the wire; whatever a library prints must not tear it.
    wire = io.FileIO(os.dup(1), "wb")
    os.dup2(2, 1)
    pipe = Pipe(wire)
    stops = Stops()
    requests: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, requests, stops), daemon=True, name="requests").start()
    try:
        engines = load_engines(options.engines, options.threads, options.device)
        child = Child(engines, pipe, stops)
        child.send({"kind": "ready"})
        while True:
            child.serve(requests.get())
    except BaseException:
        # Leaving by return would wait for the thread that reads, which holds its pipe, and abort over it.
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _read(pipe: BinaryIO, requests: queue.SimpleQueue[Frame], stops: Stops) -> None:
    while (frame := read_frame(pipe)) is not None:
        if frame.kind == "stop":
            stops.modes[str(frame.header["job"])] = str(frame.header["mode"])
        elif frame.kind == "supply":
            requests.put(frame)
        elif frame.kind == "render":
            stops.modes.clear()  # what is left came too late for the job before
            requests.put(frame)
    # The worker is gone. Nothing here is worth finishing, and the engine may be deep inside a C call.
    os._exit(0)


def _die_with_parent(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # Ctrl-C and service managers signal the whole group; the worker decides when a render ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if parent and os.getppid() != parent:
        os._exit(0)


def _rss_mb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="render.child", description="Render process of a Cyclorama worker.")
    parser.add_argument("--lane", required=True)
    parser.add_argument("--parent", type=int, default=0)
    parser.add_argument("--engines", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--nice", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
