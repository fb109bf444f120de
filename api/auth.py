"""Who is calling: a bearer token of a tool, the session cookie of a browser, or `?token=` on a websocket.

Only hashes of secrets are kept. A cookie acts for its owner without being asked, so whatever a cookie may change
also needs proof that the page asking is ours (`is_own_page`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api.errors import Problem
from api.house import House, TheHouse
from api.passwords import SecretKind, new_secret, secret_sha256
from store.people import Token, User

COOKIE = "cyclorama_session"
LINK_HOURS = 24.0
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Via = Literal["bearer", "cookie", "query"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, the token that says so, and how it came."""

    user: User
    token: Token
    via: Via


async def find_caller(house: House, connection: HTTPConnection) -> Caller | None:
    """The caller, or None when there is no credential or it is unknown, expired or not meant for this.

    An Authorization header counts before the cookie. `?token=` is taken on websockets only: browsers cannot set
    headers there, and the address of a page would carry it into histories and logs.
    """
    secret, via = _secret_of(connection)
    if secret is None or via is None:
        return None
    token = await house.stores.people.find_token(secret_sha256(secret), house.clock())
    if token is None or token.kind not in (("session",) if via == "cookie" else ("api", "session")):
        return None
    user = await house.stores.people.get_user(token.user_id)
    return Caller(user, token, via)


def _secret_of(connection: HTTPConnection) -> tuple[str | None, Via | None]:
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return secret.strip(), "bearer"
    if connection.scope["type"] == "websocket" and connection.query_params.get("token"):
        return connection.query_params["token"], "query"
    cookie = connection.cookies.get(COOKIE)
    return (cookie, "cookie") if cookie else (None, None)


def is_own_page(connection: HTTPConnection, further_origins: tuple[str, ...] = ()) -> bool:
    """Whether the page behind this request is of our own origin, as the browser itself testifies.

    `Sec-Fetch-Site` is set by browsers alone and says it outright; `Origin` is compared with the host that was asked.
    A request with neither comes from no current browser's page and is not trusted with a cookie.
    """
    origin = connection.headers.get("origin")
    if origin is not None:
        if origin in further_origins:
            return True
        return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()
    return connection.headers.get("sec-fetch-site") in ("same-origin", "none")


async def the_caller(request: Request, house: TheHouse) -> Caller:
    """Dependency: the signed-in caller.

    Raises:
        Problem: nobody is signed in, or a cookie comes from a page that is not ours.
    """
    caller = await find_caller(house, request)
    if caller is None:
        raise Problem(
            "sign-in", "sign in, or send a token as 'Authorization: Bearer …'", headers={"www-authenticate": "Bearer"}
        )
    request.scope["user_id"] = caller.user.id
    if caller.via == "cookie" and request.method not in _SAFE_METHODS:
        refuse_foreign_page(request, house)
    return caller


def refuse_foreign_page(request: Request, house: House) -> None:
    """Raise unless the request comes from our own page."""
    if not is_own_page(request, house.settings.origins):
        raise Problem(
            "not-allowed",
            "a session cookie may only be used by pages of this server; tools send 'Authorization: Bearer …', and "
            "CYCLORAMA_ORIGINS names further pages that may",
        )


TheCaller = Annotated[Caller, Depends(the_caller)]


async def issue(house: House, user: User, kind: SecretKind, label: str, lifetime_s: float | None) -> str:
    """A new secret for the user; only its hash is stored.

    Args:
        lifetime_s: None for one that lasts until it is dropped.
    """
    secret = new_secret(kind)
    expires_at = None if lifetime_s is None else house.clock() + lifetime_s
    await house.stores.people.add_token(user.id, label, secret_sha256(secret), kind, expires_at)
    return secret


async def sign_in_link(house: House, user: User) -> str:
    """A URL that signs the user in once."""
    secret = await issue(house, user, "link", "sign-in link", LINK_HOURS * 3600)
    return f"{house.settings.public_url}/sign-in?token={secret}"


async def start_session(house: House, user: User, request: Request, response: Response) -> None:
    """Sign a browser in: a session cookie on the response."""
    lifetime_s = house.settings.session_days * 86400
    label = request.headers.get("user-agent", "a browser")[:200]
    secret = await issue(house, user, "session", label, lifetime_s)
    response.set_cookie(
        COOKIE, secret, max_age=int(lifetime_s), path="/", httponly=True, samesite="lax",
        secure=house.settings.is_https or request.url.scheme == "https",
    )


def end_session(response: Response) -> None:
    """Make the browser forget its cookie."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
