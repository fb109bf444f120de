"""Which random runs there are, how many of them now, and where those that failed are kept.

Seed n is the same run whatever runs beside it: its last digit says what kind of run it is, and everything it draws
comes of its own generators (what the network does in between does not). A failing seed leaves
`failing_seeds/<kind>-<seed>.json` with its trace; commit that file and the seed runs first for ever.

    CYCLORAMA_CONVERGENCE_SEEDS=10000   how many seeds (300 when unset)
    CYCLORAMA_CONVERGENCE_ONLY=12,40    these and no others
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FAILING = Path(__file__).parent / "failing_seeds"
COUNT = int(os.environ.get("CYCLORAMA_CONVERGENCE_SEEDS", "300"))
ONLY = [int(seed) for seed in os.environ.get("CYCLORAMA_CONVERGENCE_ONLY", "").split(",") if seed]


@dataclass(frozen=True)
class Plan:
    """How the runs of one kind go."""

    digits: tuple[int, ...]
    """Last digits of this kind's seeds."""
    clients: tuple[int, int] = (2, 5)
    """How many clients begin, at least and at most; two more may join late."""
    steps: int = 70
    """Each step one client edits; before it the network may do something."""
    held: float = 0.4
    """Share of clients whose frames wait until the run lets them pass."""
    gentle: bool = False
    """Emoji stay whole, for the sake of clients that stand on yrs."""
    kills: float = 0.0
    """Share of runs that have their server killed or stopped."""
    together: int = 12
    """How many seeds run at once; with `kills`, which ones share a server is part of the seed."""


PLANS = {
    "stock": Plan((0, 1, 2, 3, 4, 5, 6)),
    "restart": Plan((7,), together=8, kills=0.25),
    "nodes": Plan((8,)),
    "mixed": Plan((9,), gentle=True),
}


def seeds_of(kind: str) -> list[int]:
    """The seeds of a kind to run now, those that failed before first."""
    plan = PLANS[kind]
    if ONLY:
        wanted = [seed for seed in ONLY if seed % 10 in plan.digits]
    else:
        kept = sorted(int(path.stem.split("-")[1]) for path in FAILING.glob(f"{kind}-*.json"))
        wanted = [*kept, *(seed for seed in range(COUNT) if seed % 10 in plan.digits and seed not in kept)]
    return wanted


def groups_of(kind: str) -> list[list[int]]:
    """The same seeds in the groups that share a server which is killed: always the same ones together."""
    plan = PLANS[kind]
    own = 10 // len(plan.digits) * plan.together
    groups = list(dict.fromkeys(seed // own for seed in seeds_of(kind)))
    return [[seed for seed in range(at * own, (at + 1) * own) if seed % 10 in plan.digits] for at in groups]


def keep(kind: str, seed: int, reason: str, trace: list[str]) -> Path:
    """Write a failing seed down."""
    FAILING.mkdir(exist_ok=True)
    path = FAILING / f"{kind}-{seed}.json"
    record: dict[str, Any] = {"seed": seed, "plan": asdict(PLANS[kind]), "reason": reason, "trace": trace}
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return path
