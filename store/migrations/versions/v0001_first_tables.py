"""The first tables: documents and their updates, jobs, people, projects, environments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "documents",
        sa.Column("doc", sa.String, primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
    )
    op.create_table(
        "updates",
        sa.Column("seq", Number, primary_key=True, autoincrement=True),
        sa.Column("doc", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("session", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("updates_doc_seq", "updates", ["doc", "seq"])
    op.create_table(
        "snapshots",
        sa.Column("doc", sa.String, primary_key=True),
        sa.Column("upto", Number, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    _jobs()
    _people()
    op.create_table(
        "environments",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("project", sa.String, nullable=False),
    )
    op.create_index("environments_project", "environments", ["project"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", Number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("project", sa.String, nullable=False),
        sa.Column("environment", sa.String, nullable=False),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("slot", sa.String, nullable=False),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("tier", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("batch", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.String),
        sa.Column("lease_until", sa.Double),
        sa.Column("lost_count", sa.Integer, nullable=False),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("phase", sa.String, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("error_kind", sa.String),
        sa.Column("error", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("finished_at", sa.Double),
        sa.Column("retried_from", sa.String),
        sa.Column("superseded_by", sa.String),
        sa.UniqueConstraint("id", name="jobs_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_waiting", "jobs", ["lane", "state", "number"])
    op.create_index("jobs_slot", "jobs", ["project", "environment", "slot", "lane", "state"])
    op.create_index("jobs_digest", "jobs", ["digest", "state"])
    op.create_index("jobs_project", "jobs", ["project", "number"])
    op.create_index("jobs_served", "jobs", ["lane", "project", "user_id", "started_at"])
    op.create_index("jobs_served_project", "jobs", ["lane", "project", "started_at"])
    running = sa.text("state = 'running'")
    op.create_index(
        "jobs_one_run_per_digest", "jobs", ["digest"], unique=True, sqlite_where=running, postgresql_where=running
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("color", sa.String, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.UniqueConstraint("email", name="users_email"),
    )
    op.create_table(
        "passwords",
        sa.Column("user_id", sa.String, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("secret_sha256", sa.String, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.UniqueConstraint("secret_sha256", name="tokens_secret"),
    )
    op.create_index("tokens_user", "tokens", ["user_id"])
    op.create_table(
        "projects",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("archived_at", sa.Double),
    )
    op.create_table(
        "members",
        sa.Column("project", sa.String, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.String, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("role", sa.String, nullable=False),
    )
    op.create_index("members_user", "members", ["user_id"])
