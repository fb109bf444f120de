"""Which projects an object was given to; what finished jobs made is given to their projects."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OBJECT_ID = re.compile(r'"([0-9a-f]{64})"')


def upgrade() -> None:
    """Apply the change."""
    grants = op.create_table(
        "grants",
        sa.Column("object", sa.String, primary_key=True),
        sa.Column("project", sa.String, primary_key=True),
    )
    assert grants is not None
    jobs = sa.table("jobs", sa.column("project", sa.String), sa.column("result", sa.Text))
    done = op.get_bind().execute(sa.select(jobs.c.project, jobs.c.result).where(jobs.c.result.is_not(None)))
    found = {(object_id, project) for project, result in done for object_id in OBJECT_ID.findall(result)}
    if found:
        op.bulk_insert(grants, [{"object": object_id, "project": project} for object_id, project in sorted(found)])
