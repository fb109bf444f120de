"""`cyclorama render SCENE.json -o DIR`: one picture, no server, no ledger. Every file of a settled render lands in DIR.

    DIR/<name>.png        beauty, sRGB
    DIR/<name>.exr        linear radiance and metric depth
    DIR/<name>.512.webp   thumbnails, also 256 and 128
    DIR/<name>.meta.json  the truth about them: spec, digest, camera, notes, sha256 of every file
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.config import FarmConfig
from render.engine_loading import load_engines
from render.engines.base import Progress
from render.errors import EngineError, SpecError
from render.failures import NAN_OUTPUT
from render.outputs import encode_settled, is_finite
from render.spec import RenderSpec, parse_spec

SUFFIXES = {
    "image": ".png", "depth": ".exr", "thumb_512": ".512.webp", "thumb_256": ".256.webp", "thumb_128": ".128.webp",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render left on disk.

    Args:
        files: path by part: image, depth, thumb_512, thumb_256, thumb_128, sidecar.
        digest: of the spec.
        notes: the engine's remarks for people.
        seconds: from parsed spec to last file.
    """

    files: dict[str, Path]
    digest: str
    notes: tuple[str, ...]
    seconds: float


def read_scene(path: Path) -> dict[str, Any]:
    """Read a SCENE.json.

    Raises:
        SpecError: it cannot be read, or is not a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError("scene", f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SpecError("scene", f"{path} is not JSON: {error}") from error
    except RecursionError as error:
        raise SpecError("scene", f"{path} is nested too deeply") from error
    if not isinstance(value, dict):
        raise SpecError("scene", f'{path} must hold a JSON object, such as {{"scene": {{"archetype": "coast"}}}}')
    return value


def render_to_directory(
    scene: Path | Mapping[str, Any], out_dir: Path, progress: Progress = lambda share, phase: None, *,
    name: str | None = None, config: FarmConfig | None = None,
) -> Rendered:
    """Render one spec into a directory.

    Args:
        scene: a SCENE.json, or its content: `RenderSpec.to_json()`, of which only what differs from the defaults need
            be there. A bare map of parameters (`{"archetype": "coast"}`) is taken as the scene.
        out_dir: made when missing.
        progress: called with the share done (0–1) and a phase in plain words.
        name: stem of the files; the scene file's own, or the first 12 digits of the digest.
        config: engines and torch threads.

    Raises:
        SpecError: the scene cannot be read or rendered as written.
        RenderError: the engine failed.
        OSError: the directory cannot be written.
    """
    spec = spec_of(scene)
    stem = name or stem_of(scene, spec)
    return render_spec(spec, out_dir, stem, progress, config=config)


def spec_of(scene: Path | Mapping[str, Any]) -> RenderSpec:
    """What a SCENE.json, or its content, asks for.

    Raises:
        SpecError: it cannot be read or rendered as written.
    """
    value = read_scene(scene) if isinstance(scene, Path) else dict(scene)
    return parse_spec(value if value.keys() & {"scene", "camera", "tier", "width_px", "style"} else {"scene": value})


def stem_of(scene: Path | Mapping[str, Any], spec: RenderSpec) -> str:
    """What files of a scene are called: as the scene's own file, or by the first 12 digits of the digest."""
    return scene.stem if isinstance(scene, Path) else spec.digest()[:12]


def render_spec(
    spec: RenderSpec, out_dir: Path, stem: str, progress: Progress = lambda share, phase: None, *,
    config: FarmConfig | None = None,
) -> Rendered:
    """Render a spec into a directory; arguments and errors as in `render_to_directory`."""
    config = config or FarmConfig()
    if not re.fullmatch(r"[\w.-]{1,120}", stem):
        raise SpecError("name", "must be letters, digits, dots, dashes and underscores")
    out_dir.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    progress(0.0, "loading the engine")
    engines = load_engines(config.engines, config.threads, config.device)
    picture = engines.engine(spec.engine).render(spec, progress)
    if not is_finite(picture):
        raise EngineError(NAN_OUTPUT.sentence)
    progress(0.96, "writing the files")
    _, parts = encode_settled(picture, spec)
    sidecar = json.loads(parts.pop("sidecar"))
    files = {part: _write(out_dir / f"{stem}{SUFFIXES[part]}", data) for part, data in parts.items()}
    sidecar |= {
        "files": {
            part: {"name": files[part].name, "sha256": hashlib.sha256(data).hexdigest()} for part, data in parts.items()
        },
        "seconds": {phase: round(seconds, 4) for phase, seconds in picture.seconds.items()},
    }
    text = json.dumps(sidecar, indent=2, ensure_ascii=False) + "\n"
    files["sidecar"] = _write(out_dir / f"{stem}.meta.json", text.encode())
    progress(1.0, "done")
    return Rendered(files, spec.digest(), picture.notes, time.perf_counter() - started)


def _write(path: Path, data: bytes) -> Path:
    """Whole or not at all: a reader never sees half a picture."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
    return path
