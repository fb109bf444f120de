"""What every test may ask for: real Postgres, Redis and S3 (see `tests.helpers.services`)."""

from __future__ import annotations

pytest_plugins = ["tests.helpers.services"]
