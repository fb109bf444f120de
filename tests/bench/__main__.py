"""`make bench`: one table. `python -m tests.bench [sync] [preview] [renders]` runs a part."""

from __future__ import annotations

import datetime
import os
import platform
import sys

from tests.bench import preview, renders
from tests.bench.sync import rows as sync_rows
from tests.bench.table import Row, markdown

PARTS = {"sync": sync_rows, "preview": preview.rows, "renders": renders.rows}


def main(names: list[str]) -> None:
    """Run the named parts (all by default) and print the table."""
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
