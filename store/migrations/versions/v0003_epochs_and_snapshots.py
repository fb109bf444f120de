"""Rows belong to an epoch; several snapshots per document, trusted only once read back; claims of housekeeping work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("updates", sa.Column("epoch", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "epochs",
        sa.Column("doc", sa.String, primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True),
        sa.Column("began_at", sa.Double, nullable=False),
        sa.Column("marker", sa.BigInteger, nullable=False),
    )
    # Snapshots are shortcuts over rows that are all still there: the old ones go, the next sweep makes new ones.
    op.drop_table("snapshots")
    op.create_table(
        "snapshots",
        sa.Column("doc", sa.String, primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True),
        sa.Column("upto", sa.BigInteger, primary_key=True),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("moment", sa.Double, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("is_verified", sa.Boolean, nullable=False),
        sa.Column("is_checkpoint", sa.Boolean, nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
    )
