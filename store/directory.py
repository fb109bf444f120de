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
        added = insert(environments).values(id=environment_id, project=project_id).on_conflict_do_nothing()
        await self._database.transact(lambda connection: connection.execute(added))
        return await self.project_of(environment_id) == project_id

    async def project_of(self, environment_id: EnvironmentId) -> ProjectId | None:
        """The project that holds this environment; None when nobody does."""
        query = select(environments.c.project).where(environments.c.id == environment_id)
        found: ProjectId | None = await self._database.look(lambda connection: connection.scalar(query))
        return found

    async def list(self, project_id: ProjectId) -> list[EnvironmentId]:
        """The environments of a project, by id, archived ones too."""
        query = select(environments.c.id).where(environments.c.project == project_id).order_by(environments.c.id)
        found = await self._database.look(lambda connection: list(connection.scalars(query)))
        return [EnvironmentId(one) for one in found]
