"""Who there is and who may do what: users, the hashes of their secrets, projects and their members.

Knows no plain secret: passwords arrive hashed, of tokens only the sha256 is kept.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from store.database import Database
from store.errors import ConflictError, NotFoundError
from store.ids import ProjectId, UserId, new_id
from store.tables import members, passwords, projects, tokens, users

Role = Literal["viewer", "reviewer", "editor", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
TokenKind = Literal["api", "session", "link"]

COLORS = (
    "#e0705a", "#d9953b", "#b9a42f", "#6fa84f", "#3fa58b", "#4a9bc4", "#6f86d6", "#9a76cf", "#c56bab", "#a8836a",
)
"""Cursor colours that stay apart from each other, and readable, on a dark neutral ground."""


@dataclass(frozen=True, slots=True)
class User:
    """A person, or a tool acting as one."""

    id: UserId
    name: str
    email: str | None
    color: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Token:
    """A secret somebody holds: for tools ("api"), a browser ("session"), or one sign-in ("link")."""

    id: str
    user_id: UserId
    label: str
    kind: TokenKind
    created_at: float
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Project:
    """What members share."""

    id: ProjectId
    name: str
    created_at: float
    created_by: UserId
    archived_at: float | None


class People:
    """Reads and changes people and projects.

    Args:
        database: with its tables up to date.
        clock: unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    # ── users ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_user(
        self, name: str, email: str | None = None, password_hash: str | None = None, user_id: UserId | None = None
    ) -> User:
        """Add a user.

        Raises:
            ConflictError: the email or the id is taken.
        """
        made = UserId(user_id or new_id("usr"))
        row: dict[str, Any] = {
            "id": made, "name": name, "email": _plain(email), "created_at": self._clock(),
            "color": COLORS[hashlib.sha256(made.encode()).digest()[0] % len(COLORS)],
        }
        async with self._database.write() as connection:
            await connection.execute(insert(users).values(row))
            if password_hash is not None:
                await connection.execute(insert(passwords).values(user_id=made, hash=password_hash))
        return User(**row)

    async def get_user(self, user_id: UserId) -> User:
        """One user.

        Raises:
            NotFoundError: there is none with this id.
        """
        found = await self._user(users.c.id == user_id)
        if found is None:
            raise NotFoundError(f"there is no user {user_id}")
        return found

    async def find_user_by_email(self, email: str) -> User | None:
        """The user with this address, whatever its case."""
        return await self._user(users.c.email == _plain(email))

    async def rename_user(self, user_id: UserId, name: str) -> User:
        """Change the name a user goes by.

        Raises:
            NotFoundError: there is no such user.
        """
        async with self._database.write() as connection:
            await _must_hit(connection, update(users).where(users.c.id == user_id).values(name=name), f"user {user_id}")
        return await self.get_user(user_id)

    async def password_hash(self, user_id: UserId) -> str | None:
        """The hash of the user's password; None when they have none."""
        async with self._database.read() as connection:
            return await connection.scalar(select(passwords.c.hash).where(passwords.c.user_id == user_id))

    async def set_password_hash(self, user_id: UserId, password_hash: str) -> None:
        """Give the user this password.

        Raises:
            ConflictError: there is no such user.
        """
        statement = self._insert(passwords).values(user_id=user_id, hash=password_hash)
        async with self._database.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["user_id"], set_={"hash": password_hash})
            )

    # ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def add_token(
        self, user_id: UserId, label: str, secret_sha256: str, kind: TokenKind, expires_at: float | None = None
    ) -> Token:
        """Let the holder of a secret act as this user.

        Raises:
            ConflictError: the secret is in use, or there is no such user.
        """
        row: dict[str, Any] = {
            "id": new_id("tok"), "user_id": user_id, "label": label, "kind": kind, "created_at": self._clock(),
            "expires_at": expires_at,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(tokens).values(row | {"secret_sha256": secret_sha256}))
        return Token(**row)

    async def find_token(self, secret_sha256: str, now: float) -> Token | None:
        """The token of this secret, unless it is dropped or has expired."""
        query = select(tokens).where(tokens.c.secret_sha256 == secret_sha256)
        row = await self._database.look(lambda connection: connection.execute(query).mappings().first())
        if row is None or (row["expires_at"] is not None and row["expires_at"] <= now):
            return None
        return _token(dict(row))

    async def take_link(self, secret_sha256: str, now: float) -> Token | None:
        """Use a one-time link up: of several who ask at once, exactly one gets it."""
        mine = (tokens.c.secret_sha256 == secret_sha256) & (tokens.c.kind == "link")
        async with self._database.write() as connection:
            row = (await connection.execute(delete(tokens).where(mine).returning(tokens))).mappings().first()
        if row is None or (row["expires_at"] is not None and row["expires_at"] <= now):
            return None
        return _token(dict(row))

    async def drop_token(self, token_id: str) -> None:
        """Make a secret worthless at once; an unknown id is no error."""
        async with self._database.write() as connection:
            await connection.execute(delete(tokens).where(tokens.c.id == token_id))

    async def list_tokens(self, user_id: UserId) -> list[Token]:
        """A user's tokens, newest first, expired ones too."""
        query = select(tokens).where(tokens.c.user_id == user_id).order_by(tokens.c.created_at.desc(), tokens.c.id)
        async with self._database.read() as connection:
            return [_token(dict(row)) for row in (await connection.execute(query)).mappings()]

    # ── projects ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_project(self, name: str, owner: UserId, project_id: ProjectId | None = None) -> Project:
        """Add a project with one member, its owner.

        Raises:
            ConflictError: the id is taken, or there is no such user.
        """
        row: dict[str, Any] = {
            "id": project_id or new_id("prj"), "name": name, "created_at": self._clock(), "created_by": owner,
            "archived_at": None,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(projects).values(row))
            await connection.execute(insert(members).values(project=row["id"], user_id=owner, role="owner"))
        return Project(**row)

    async def get_project(self, project_id: ProjectId) -> Project:
        """One project.

        Raises:
            NotFoundError: there is none with this id.
        """
        async with self._database.read() as connection:
            found = await connection.execute(select(projects).where(projects.c.id == project_id))
            row = found.mappings().first()
        if row is None:
            raise NotFoundError(f"there is no project {project_id}")
        return Project(**row)

    async def list_projects(self, user_id: UserId) -> list[tuple[Project, Role]]:
        """The projects a user is a member of, newest first, archived ones too, each with their role."""
        query = (
            select(projects, members.c.role)
            .join(members, members.c.project == projects.c.id)
            .where(members.c.user_id == user_id)
            .order_by(projects.c.created_at.desc(), projects.c.id)
        )
        async with self._database.read() as connection:
            rows = [dict(row) for row in (await connection.execute(query)).mappings()]
        return [(Project(**row), role) for row in rows for role in [row.pop("role")]]

    async def rename_project(self, project_id: ProjectId, name: str) -> Project:
        """Change a project's name.

        Raises:
            NotFoundError: there is no such project.
        """
        return await self._change_project(project_id, name=name)

    async def archive_project(self, project_id: ProjectId, *, archived: bool = True) -> Project:
        """Put a project away, or bring it back.

        Raises:
            NotFoundError: there is no such project.
        """
        return await self._change_project(project_id, archived_at=self._clock() if archived else None)

    # ── members ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def set_member(self, project_id: ProjectId, user_id: UserId, role: Role) -> None:
        """Make a user a member, or change their role.

        Raises:
            ConflictError: there is no such user or project, or the project would be left without an owner.
        """
        if role not in ROLES:
            raise ValueError(f"a role is one of {', '.join(ROLES)}, not {role!r}")
        statement = self._insert(members).values(project=project_id, user_id=user_id, role=role)
        async with self._database.write() as connection:
            await _lock_members(connection, project_id)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["project", "user_id"], set_={"role": role})
            )
            if role != "owner":
                await _must_have_owner(connection, project_id)

    async def drop_member(self, project_id: ProjectId, user_id: UserId) -> None:
        """Take a user out of a project; one who is no member is no error.

        Raises:
            ConflictError: the project would be left without an owner.
        """
        which = (members.c.project == project_id) & (members.c.user_id == user_id)
        async with self._database.write() as connection:
            await _lock_members(connection, project_id)
            if (await connection.execute(delete(members).where(which))).rowcount:
                await _must_have_owner(connection, project_id)

    async def role_of(self, project_id: ProjectId, user_id: UserId) -> Role | None:
        """What a user is in a project; None when they are no member."""
        query = select(members.c.role).where(members.c.project == project_id, members.c.user_id == user_id)
        role: Role | None = await self._database.look(lambda connection: connection.scalar(query))
        return role

    async def members(self, project_id: ProjectId) -> list[tuple[User, Role]]:
        """A project's members by name, each with their role."""
        query = (
            select(users, members.c.role)
            .join(members, members.c.user_id == users.c.id)
            .where(members.c.project == project_id)
            .order_by(users.c.name, users.c.id)
        )
        async with self._database.read() as connection:
            rows = [dict(row) for row in (await connection.execute(query)).mappings()]
        return [(User(**row), role) for row in rows for role in [row.pop("role")]]

    async def _user(self, which: ColumnElement[bool]) -> User | None:
        query = select(users).where(which)
        row = await self._database.look(lambda connection: connection.execute(query).mappings().first())
        return None if row is None else User(**row)

    async def _change_project(self, project_id: ProjectId, **values: Any) -> Project:
        statement = update(projects).where(projects.c.id == project_id).values(**values)
        async with self._database.write() as connection:
            await _must_hit(connection, statement, f"project {project_id}")
        return await self.get_project(project_id)

    def _insert(self, table: Any) -> Any:  # the two dialects' inserts have no common type that knows ON CONFLICT
        return (sqlite.insert if self._database.dialect == "sqlite" else postgresql.insert)(table)


def _plain(email: str | None) -> str | None:
    return email.strip().lower() if email and email.strip() else None


def _token(row: dict[str, Any]) -> Token:
    del row["secret_sha256"]
    return Token(**row)


async def _must_hit(connection: AsyncConnection, statement: Any, what: str) -> None:
    if not (await connection.execute(statement)).rowcount:
        raise NotFoundError(f"there is no {what}")


async def _lock_members(connection: AsyncConnection, project_id: ProjectId) -> None:
    """Two owners who demote each other at the same time wait for one another here (Postgres)."""
    await connection.execute(select(projects.c.id).where(projects.c.id == project_id).with_for_update())


async def _must_have_owner(connection: AsyncConnection, project_id: ProjectId) -> None:
    owners = select(members.c.user_id).where(members.c.project == project_id, members.c.role == "owner").limit(1)
    if not (await connection.execute(owners)).first():
        raise ConflictError(f"project {project_id} needs an owner: make somebody else one first")
