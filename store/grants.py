"""Who may fetch an object: the members of the projects it was made for.

Objects are named by their bytes, so one object may belong to several projects. Whoever stores or re-uses one for a
project gives it to that project before anybody is told its id.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from store.database import Database
from store.ids import ObjectId, ProjectId, UserId
from store.tables import grants, members


class Grants:
    """Objects and the projects they were given to.

    Args:
        database: with its tables up to date.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, project: ProjectId, objects: Collection[ObjectId]) -> None:
        """Let the project's members fetch these objects; giving twice changes nothing."""
        held = select(grants.c.object).where(grants.c.project == project, grants.c.object.in_(list(objects)))
        missing = set(objects) - await self._database.look(lambda connection: set(connection.scalars(held)))
        if not missing:
            return
        insert = sqlite.insert if self._database.dialect == "sqlite" else postgresql.insert
        rows = [{"object": object_id, "project": project} for object_id in sorted(missing)]
        statement = insert(grants).on_conflict_do_nothing()
        await self._database.transact(lambda connection: connection.execute(statement, rows))

    async def may_see(self, user: UserId, object_id: ObjectId) -> bool:
        """Whether the user is a member of a project that the object was given to."""
        found = select(
            exists().where(
                grants.c.object == object_id, members.c.project == grants.c.project, members.c.user_id == user
            )
        )
        async with self._database.read() as connection:
            return bool(await connection.scalar(found))

    async def forget(self, object_id: ObjectId) -> None:
        """The object is deleted: nobody may ask for it any more."""
        async with self._database.write() as connection:
            await connection.execute(delete(grants).where(grants.c.object == object_id))
