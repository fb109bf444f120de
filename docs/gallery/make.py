"""The pictures of this repository, made by its own engine: `make pictures`, or `python docs/gallery/make.py NAME …`.

    gallery   docs/gallery/<name>.json → docs/gallery/<name>.webp, what the README and docs show
    places    docs/gallery/places/<kind>.json → client/static/places/<kind>.webp, what people choose kinds of place by

Each JSON is a SCENE.json as `cyclorama render` takes it; `alt` beside it says in words what there is to see. The same
spec gives the same pixels, so a picture changes only when the engine or its spec does. Names pick single ones.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PIL import Image

from render.archetypes import ARCHETYPES
from render.commands import spec_of
from render.config import FarmConfig
from render.engine_loading import load_engines
from render.spec import RenderSpec

HERE = Path(__file__).resolve().parent
PLACES = HERE.parent.parent / "client" / "static" / "places"
GALLERY_PX, GALLERY_QUALITY, GALLERY_BYTES = 1280, 82, 3_000_000
PLACE_PX, PLACE_QUALITY, PLACES_BYTES = 240, 78, 400_000


def spec_at(path: Path) -> RenderSpec:
    """The spec in a file, whose `alt` is for people only."""
    value = json.loads(path.read_text(encoding="utf-8"))
    value.pop("alt", None)
    return spec_of(value)


def make(spec: RenderSpec, out: Path, width_px: int, quality: int) -> None:
    """Render a spec and keep it as WebP, at most `width_px` wide."""
    begun = time.process_time()
    config = FarmConfig()
    engine = load_engines(config.engines, config.threads, config.device).engine(spec.engine)
    picture = Image.fromarray(engine.render(spec, lambda share, phase: None).display)
    if picture.width > width_px:
        picture = picture.resize((width_px, round(picture.height * width_px / picture.width)), Image.Resampling.LANCZOS)
    out.parent.mkdir(parents=True, exist_ok=True)
    picture.save(out, "WEBP", quality=quality, method=6)
    print(f"{out.name:<28} {out.stat().st_size / 1000:6.0f} KB  {time.process_time() - begun:5.1f} s CPU", flush=True)


def check_size(folder: Path, limit: int) -> None:
    """End with a message when pictures outgrow what a repository should carry."""
    total = sum(path.stat().st_size for path in folder.glob("*.webp"))
    print(f"{folder.name}: {total / 1000:.0f} KB of {limit / 1000:.0f}")
    if total > limit:
        raise SystemExit(f"{folder} has {total:,} bytes of pictures, more than {limit:,}")


def main(names: list[str]) -> None:
    """Make what is named: `gallery`, `places`, or single pictures; all of them when nothing is named."""
    wanted = set(names or ["gallery", "places"])
    for path in sorted(HERE.glob("*.json")):
        if wanted & {"gallery", path.stem}:
            make(spec_at(path), path.with_suffix(".webp"), GALLERY_PX, GALLERY_QUALITY)
    for kind in ARCHETYPES:
        if wanted & {"places", kind}:
            own = HERE / "places" / f"{kind}.json"
            spec = spec_at(own) if own.exists() else spec_of({"scene": {"archetype": kind}, "tier": "low"})
            make(spec, PLACES / f"{kind}.webp", PLACE_PX, PLACE_QUALITY)
    check_size(HERE, GALLERY_BYTES)
    check_size(PLACES, PLACES_BYTES)


if __name__ == "__main__":
    main(sys.argv[1:])
