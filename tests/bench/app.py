"""Our server with other limits than a studio's: `python -m tests.bench.app '{"idle_unload_s": 1}' serve --port 8701 …`.

Benches that need one person's token on 2,000 sockets, or rooms that leave memory within a second, start it this way;
the rest is `cyclorama` itself.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields

from collab.config import CollabConfig


def change_defaults(changes: dict[str, float]) -> None:
    """Give fields of `CollabConfig` other defaults in this process.

    Raises:
        ValueError: there is no such field.
    """
    defaults = CollabConfig.__init__.__kwdefaults__ or {}
    unknown = set(changes) - {field.name for field in fields(CollabConfig)} | set(changes) - set(defaults)
    if unknown:
        raise ValueError(f"CollabConfig has no {', '.join(sorted(unknown))}")
    defaults.update(changes)


if __name__ == "__main__":
    change_defaults(json.loads(sys.argv[1]))
    sys.argv[1:] = sys.argv[2:]
    from api.cli import main  # after the defaults, though nothing at import depends on them

    main()
