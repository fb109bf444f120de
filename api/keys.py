"""Users, tokens and links made from the command line, straight in the database; a running server sees them at once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.auth import LINK_HOURS
from api.owner import OWNER
from api.passwords import Passwords, SecretKind, new_secret, secret_sha256
from api.settings import Settings
from store.errors import NotFoundError
from store.opening import open_stores
from store.people import People, User


@asynccontextmanager
async def _people(settings: Settings) -> AsyncIterator[People]:
    async with open_stores(settings.store) as stores:
        yield stores.people


async def _whose(people: People, email: str | None) -> User:
    if email is None:
        try:
            return await people.get_user(OWNER)
        except NotFoundError:
            return await people.create_user("Owner", user_id=OWNER)
    found = await people.find_user_by_email(email)
    if found is None:
        raise NotFoundError(f"nobody here has the address {email}; `cyclorama user create {email}` adds them")
    return found


async def _issue(people: People, user: User, kind: SecretKind, label: str, expires_at: float | None) -> str:
    secret = new_secret(kind)
    await people.add_token(user.id, label, secret_sha256(secret), kind, expires_at)
    return secret


async def make_token(settings: Settings, email: str | None, label: str) -> str:
    """A new API token of a user, the owner's when no address is given."""
    async with _people(settings) as people:
        return await _issue(people, await _whose(people, email), "api", label, None)


async def make_link(settings: Settings, email: str | None) -> str:
    """A URL that signs a user in once."""
    async with _people(settings) as people:
        return await _link(settings, people, await _whose(people, email))


async def _link(settings: Settings, people: People, user: User) -> str:
    secret = await _issue(people, user, "link", "sign-in link", time.time() + LINK_HOURS * 3600)
    return f"{settings.public_url}/sign-in?token={secret}"


async def make_user(settings: Settings, email: str, name: str, password: str | None) -> str:
    """Add a user.

    Returns:
        What to tell them: a sign-in link, or that their password works.

    Raises:
        ConflictError: the address is taken.
    """
    hashed = None if password is None else await Passwords().hash(password)
    async with _people(settings) as people:
        user = await people.create_user(name, email, hashed)
        if hashed is not None:
            return f"{user.name} <{user.email}> may sign in at {settings.public_url}"
        return f"{user.name} <{user.email}> signs in, once, with {await _link(settings, people, user)}"
