"""`make bench`: one table. `python -m tests.bench [name …]` runs the parts named: sync, acks, joining, presence, idle,
rooms, preview, renders. Each part also has a command line of its own, `python -m tests.bench.<name>`.
"""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Callable, Iterable

from tests.bench import acks, idle, joining, presence, preview, renders, rooms, sync
from tests.bench.table import Row, markdown

PARTS: dict[str, Callable[[], Iterable[Row]]] = {
    "sync": sync.rows,
    "acks": acks.rows,
    "joining": joining.rows,
    "presence": presence.rows,
    "idle": idle.rows,
    "rooms": rooms.rows,
    "preview": preview.rows,
    "renders": renders.rows,
}


def main(names: list[str]) -> None:
    """Run the named parts (all by default) and print the table.

    Raises:
        SystemExit: there is no such part; names those there are.
    """
    if unknown := set(names) - set(PARTS):
        raise SystemExit(f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    rows: list[Row] = []
    for name in names or list(PARTS):
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        for row in PARTS[name]():
            print(f"  {row.what}: {row.ours} {f'· {row.peer}' if row.peer else ''}", file=sys.stderr, flush=True)
            rows.append(row)
    today = datetime.datetime.now().astimezone().date().isoformat()
    print(f"\n{today} · {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print(markdown(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
