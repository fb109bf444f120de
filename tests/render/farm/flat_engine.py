"""A tiny deterministic engine for the farm's tests: a flat coloured picture, and misbehaviour on demand.

What it should do stands in the spec's `style`, so that it reaches the render process like any other request:
`steps`, `step_s` (how long), `log` (a file that gets one line per render), `crash` ("always", or a file that is made
at the first crash), `kill`, `oom`, `nan`, `hang`, `deaf` (does not look whether it is canceled), `bad`.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from render.engines.base import Picture, Progress
from render.errors import SpecError
from render.spec import RenderSpec
from render.view import pinhole


class FlatEngine:
    name = "procedural"

    def render(self, spec: RenderSpec, progress: Progress) -> Picture:
        style = spec.style
        if log := style.get("log"):
            with open(log, "a") as file:
                file.write(f"{spec.scene.seed} {spec.width_px}x{spec.height_px} {os.getpid()}\n")
        self._misbehave(spec)
        steps = int(style.get("steps", "1"))
        for step in range(steps):
            if "deaf" not in style:
                progress(step / steps, f"step {step}")
            time.sleep(float(style.get("step_s", "0")))
        colour = np.array([spec.scene.seed % 256, round(spec.scene.time_of_day * 10), 100], np.uint8)
        display = np.broadcast_to(colour, (spec.height_px, spec.width_px, 3)).copy()
        linear = display.astype(np.float32) / 255
        if "nan" in style:
            linear[0, 0, 0] = np.nan
        depth = np.full((spec.height_px, spec.width_px), 25.0, np.float32)
        depth[: spec.height_px // 4] = np.inf
        view = pinhole(spec.width_px, spec.height_px, np.array([0, 0, 2.0]), np.array([0, 10.0, 2.0]), 24.0)
        return Picture(display, linear, depth, view, ("flat",), {"all": 0.0})

    def _misbehave(self, spec: RenderSpec) -> None:
        style = spec.style
        crash = style.get("crash")
        if crash == "always":
            os._exit(3)
        if crash and not Path(crash).exists():
            Path(crash).touch()
            os._exit(3)
        if "kill" in style:
            os.kill(os.getpid(), signal.SIGKILL)
        if "oom" in style:
            raise MemoryError
        if "bad" in style:
            raise SpecError("camera.position_m", "lies inside the hillside; move it up by 3 m")
        if "hang" in style:
            time.sleep(3600)


def get_engine(name: str, device: str) -> FlatEngine:
    return FlatEngine()


def get_slowly(name: str, device: str) -> FlatEngine:
    time.sleep(60)
    return FlatEngine()
