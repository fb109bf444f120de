"""Alembic's entry: runs on the connection that `store.schema.bring_up_to_date` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll back DDL as long as the driver does not commit behind our back; store.database sees to that.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
