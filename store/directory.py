"""Which project an environment lives in, so that `/api/environments/{id}` finds its document.

A projection for routing only. The document is the truth, and whoever changes it keeps this up to date.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from store.database import Database
from store.ids import EnvironmentId, ProjectId
from store.tables import environments


class Directory:
    """Environment ids and their projects.

    Args:
        database: with its tables up to date.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, environment_id: EnvironmentId, project_id: ProjectId) -> bool:
        """Note that the project has this environment.

        Returns:
            False when another project holds the id: it stays theirs.
        """
        if await self.project_of(environment_id) == project_id:
            return True
        insert = sqlite.insert if self._database.dialect == "sqlite" else postgresql.insert
        async with self._database.write() as connection:
            await connection.execute(
                insert(environments).values(id=environment_id, project=project_id).on_conflict_do_nothing()
            )
        return await self.project_of(environment_id) == project_id

    async def project_of(self, environment_id: EnvironmentId) -> ProjectId | None:
        """The project that holds this environment; None when nobody does."""
        query = select(environments.c.project).where(environments.c.id == environment_id)
        async with self._database.read() as connection:
            found: ProjectId | None = await connection.scalar(query)
        return found

    async def list(self, project_id: ProjectId) -> list[EnvironmentId]:
        """The environments of a project, by id, archived ones too."""
        query = select(environments.c.id).where(environments.c.project == project_id).order_by(environments.c.id)
        async with self._database.read() as connection:
            return [EnvironmentId(found) for found in await connection.scalars(query)]
