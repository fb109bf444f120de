"""A real worker process for tests, around the flat engine: `python -m tests.render.farm.worker_process '<json>'`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from render.serve_worker import run_worker
from store.config import StoreConfig
from tests.render.farm.conftest import QUICK

REPOSITORY = Path(__file__).resolve().parents[3]


def start_worker(folder: Path, stores: StoreConfig, name: str = "worker", **changes: Any) -> subprocess.Popen[bytes]:
    """Start one; its log goes to `<folder>/<name>.log`. The caller ends it."""
    order = {"stores": dataclasses.asdict(stores), "farm": {"redis_url": stores.redis_url, **changes}, "name": name}
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.render.farm.worker_process", json.dumps(order)], cwd=REPOSITORY,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    order = json.loads(sys.argv[1])
    farm = dataclasses.replace(QUICK, **order["farm"])
    asyncio.run(run_worker(StoreConfig(**order["stores"]), farm, name=order["name"]))


if __name__ == "__main__":
    main()
