"""How the tables come to be and change: Alembic revisions, only ever forward, run by `store.schema` at every start."""
