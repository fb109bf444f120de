"""The owner: the first user of an installation, with an API token for automation and the demo project."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from api.house import House
from api.passwords import new_secret, secret_sha256
from store.errors import ConflictError, NotFoundError
from store.ids import UserId
from store.people import User

logger = logging.getLogger(__name__)

OWNER = UserId("usr_owner")
TOKEN_FILE = "owner-token"
_FIXED = "owner token (CYCLORAMA_OWNER_TOKEN)"
_KEPT = f"owner token ({TOKEN_FILE})"


async def ensure_owner(house: House) -> User:
    """The owner, made at first start together with their API token.

    With CYCLORAMA_OWNER_TOKEN set, that token works and any fixed earlier does not. Without it, a token is made once
    and kept in `<data>/owner-token`, readable by this system user only.
    """
    people = house.stores.people
    try:
        owner = await people.get_user(OWNER)
    except NotFoundError:
        try:
            owner = await people.create_user("Owner", user_id=OWNER)
            logger.info("owner.created user=%s", OWNER)
        except ConflictError:  # another node starting at the same moment was first
            owner = await people.get_user(OWNER)
    fixed = house.settings.owner_token
    if fixed is not None:
        for token in await people.list_tokens(OWNER):
            known = await people.find_token(secret_sha256(fixed), house.clock())
            if token.label == _FIXED and (known is None or known.id != token.id):
                await house.drop_token(token.id)
    await _accept(house, fixed or kept_token(house.settings.data), _FIXED if fixed else _KEPT)
    return owner


async def _accept(house: House, secret: str, label: str) -> None:
    people = house.stores.people
    known = await people.find_token(secret_sha256(secret), house.clock())
    if known is not None:
        return
    try:
        await people.add_token(OWNER, label, secret_sha256(secret), "api")
    except ConflictError:  # another node starting at the same moment was first
        logger.debug("owner.token_known label=%s", label)


def kept_token(data: Path) -> str:
    """The token in `<data>/owner-token`; made, mode 0600, when there is none."""
    path = data / TOKEN_FILE
    try:
        kept = path.read_text().strip()
        if kept:
            return kept
    except FileNotFoundError:
        pass
    data.mkdir(parents=True, exist_ok=True)
    secret = new_secret("api")
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    return secret
