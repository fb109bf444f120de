"""Passwords and secrets: argon2 in a thread, random tokens of which only the sha256 is kept."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SecretKind = Literal["api", "session", "link"]
_PREFIX: dict[SecretKind, str] = {"api": "cyc_", "session": "cys_", "link": "cyl_"}


def new_secret(kind: SecretKind) -> str:
    """A fresh token with 256 random bits; its prefix tells people and secret scanners what it is."""
    return _PREFIX[kind] + secrets.token_urlsafe(32)


def secret_sha256(secret: str) -> str:
    """Hex sha256 of a token: what the store keeps. Enough, since tokens are random and long."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Passwords:
    """Hashes and checks passwords off the event loop.

    Each hash takes 64 MiB and a core for a moment; two at a time keep a burst of sign-ins from starving the rooms.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turnstile = asyncio.Semaphore(2)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The argon2id hash text."""
        async with self._turnstile:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; takes as long for somebody who does not exist as for somebody who does."""
        if password_hash is None and not self._nobody:
            self._nobody = await self.hash(secrets.token_urlsafe(16))
        async with self._turnstile:
            try:
                await asyncio.to_thread(self._hasher.verify, password_hash or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None
