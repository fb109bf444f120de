"""Signing in and out, who I am, my tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from api.auth import TheCaller, end_session, find_caller, issue, refuse_foreign_page, start_session
from api.errors import FieldError, Problem
from api.house import TheHouse
from api.models.people import MeOut, MePatch, NewTokenOut, SignIn, TokenIn, TokenList, TokenOut, UserOut
from api.pages import link_spent_page
from api.passwords import secret_sha256
from api.strict import StrictRoute
from store.people import User

router = APIRouter(route_class=StrictRoute, tags=["people"])

def show_user(user: User) -> UserOut:
    """A user as REST shows them."""
    return UserOut.model_validate(user)


@router.get("/api/me", operation_id="getMe", summary="Who am I")
async def get_me(caller: TheCaller) -> MeOut:
    return MeOut(user=show_user(caller.user))


@router.patch("/api/me", operation_id="updateMe", summary="Change my name or password")
async def update_me(patch: MePatch, caller: TheCaller, house: TheHouse) -> MeOut:
    people = house.stores.people
    if patch.password is not None:
        known = await people.password_hash(caller.user.id)
        if known is not None and not await house.passwords.matches(known, patch.current_password or ""):
            raise Problem(
                "invalid", "current_password does not fit",
                [FieldError("current_password", "must be the password that is set now")],
            )
        await people.set_password_hash(caller.user.id, await house.passwords.hash(patch.password))
    if patch.name is not None:
        await people.rename_user(caller.user.id, patch.name)
    return MeOut(user=show_user(await people.get_user(caller.user.id)))


@router.post("/api/sign-in", operation_id="signIn", summary="Sign in with a password; sets the session cookie")
async def sign_in(body: SignIn, request: Request, response: Response, house: TheHouse) -> MeOut:
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        refuse_foreign_page(request, house)
    address = request.client.host if request.client else ""
    for pace, key in ((house.pace_by_account, f"{address} {body.email}"), (house.pace_by_address, address)):
        wait_s = pace.wait_s(key)
        if wait_s > 0:
            raise Problem(
                "too-often", f"too many attempts; try again in {wait_s:.0f} s",
                headers={"retry-after": str(int(wait_s) + 1)},
            )
    user = await house.stores.people.find_user_by_email(body.email)
    known = await house.stores.people.password_hash(user.id) if user else None
    if not await house.passwords.matches(known, body.password) or user is None:
        house.pace_by_account.failed(f"{address} {body.email}")
        house.pace_by_address.failed(address)
        raise Problem("sign-in", "this e-mail address and password do not belong together")
    house.pace_by_account.succeeded(f"{address} {body.email}")
    await start_session(house, user, request, response)
    return MeOut(user=show_user(user))


@router.post("/api/sign-out", operation_id="signOut", summary="End this session", status_code=204)
async def sign_out(caller: TheCaller, response: Response, house: TheHouse) -> None:
    end_session(response)
    if caller.via == "cookie":
        await house.drop_token(caller.token.id)


@router.get("/sign-in", include_in_schema=False)
async def follow_link(request: Request, house: TheHouse, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    if "prefetch" in request.headers.get("sec-purpose", "") + request.headers.get("purpose", ""):
        return Response(status_code=503)  # a browser guessing ahead must not use the link up
    people = house.stores.people
    found = await people.take_link(secret_sha256(token), house.clock()) if token else None
    if found is None:
        if not token or await find_caller(house, request) is not None:
            return RedirectResponse("/", 303)
        return HTMLResponse(link_spent_page(), 410)
    response = RedirectResponse("/", 303, {"cache-control": "no-store"})
    await start_session(house, await people.get_user(found.user_id), request, response)
    return response


@router.get("/api/me/tokens", operation_id="listTokens", summary="My tokens and sessions")
async def list_tokens(caller: TheCaller, house: TheHouse) -> TokenList:
    found = await house.stores.people.list_tokens(caller.user.id)
    return TokenList(tokens=[
        TokenOut(
            id=t.id, label=t.label, kind=t.kind, created_at=t.created_at, expires_at=t.expires_at,
            current=t.id == caller.token.id,
        )
        for t in found
    ])


@router.post("/api/me/tokens", operation_id="createToken", summary="Make an API token", status_code=201)
async def create_token(body: TokenIn, caller: TheCaller, house: TheHouse) -> NewTokenOut:
    secret = await issue(house, caller.user, "api", body.label, None)
    made = await house.stores.people.find_token(secret_sha256(secret), house.clock())
    assert made is not None
    return NewTokenOut(id=made.id, label=made.label, token=secret)


@router.delete("/api/me/tokens/{token_id}", operation_id="dropToken", summary="Revoke a token", status_code=204)
async def drop_token(token_id: Annotated[str, Path(max_length=64)], caller: TheCaller, house: TheHouse) -> None:
    if token_id not in {t.id for t in await house.stores.people.list_tokens(caller.user.id)}:
        raise Problem("not-found", "you have no such token")
    await house.drop_token(token_id)


