"""The tables, for writing SQL. How they come to be, and change, stands in `migrations/`; a test keeps the two equal.

All times are float unix seconds. Text ids are opaque (`store.ids`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# SQLite gives out 64-bit numbers only for a column that is exactly INTEGER PRIMARY KEY.
Number = BigInteger().with_variant(Integer, "sqlite")

documents = Table(
    "documents",
    metadata,
    Column("doc", String, primary_key=True),
    Column("epoch", Integer, nullable=False),
)

updates = Table(
    "updates",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("doc", String, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("author", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("session", String, nullable=False),
    Column("node", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("epoch", Integer, nullable=False, server_default="1"),
    Index("updates_doc_seq", "doc", "seq"),
    sqlite_autoincrement=True,
)

epochs = Table(
    "epochs",
    metadata,
    Column("doc", String, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("began_at", Double, nullable=False),
    Column("marker", BigInteger, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("doc", String, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("upto", BigInteger, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    Column("sha256", String, nullable=False),
    Column("moment", Double, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    Column("is_checkpoint", Boolean, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("name", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("until", Double, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False),
    Column("project", String, nullable=False),
    Column("environment", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("tier", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("spec", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("batch", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_owner", String),
    Column("lease_until", Double),
    Column("lost_count", Integer, nullable=False),
    Column("progress", Double, nullable=False),
    Column("phase", String, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("error_kind", String),
    Column("error", Text),
    Column("result", Text),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("retried_from", String),
    Column("superseded_by", String),
    UniqueConstraint("id", name="jobs_id"),
    Index("jobs_waiting", "lane", "state", "number"),
    Index("jobs_slot", "project", "environment", "slot", "lane", "state"),
    Index("jobs_digest", "digest", "state"),
    Index("jobs_project", "project", "number"),
    Index("jobs_served", "lane", "project", "user_id", "started_at"),
    Index("jobs_served_project", "lane", "project", "started_at"),
    # F5 in the database itself: one digest is never rendered twice at the same time.
    Index(
        "jobs_one_run_per_digest",
        "digest",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("email", String),
    Column("color", String, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("email", name="users_email"),
)

passwords = Table(
    "passwords",
    metadata,
    Column("user_id", String, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", String, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", String, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("label", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("secret_sha256", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    UniqueConstraint("secret_sha256", name="tokens_secret"),
    Index("tokens_user", "user_id"),
)

projects = Table(
    "projects",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("archived_at", Double),
)

members = Table(
    "members",
    metadata,
    Column("project", String, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String, nullable=False),
    Index("members_user", "user_id"),
)

grants = Table(
    "grants",
    metadata,
    Column("object", String, primary_key=True),
    Column("project", String, primary_key=True),
)

environments = Table(
    "environments",
    metadata,
    Column("id", String, primary_key=True),
    Column("project", String, nullable=False),
    Index("environments_project", "project"),
)
