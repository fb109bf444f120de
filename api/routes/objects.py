"""Pictures and other objects by the sha256 of their bytes: immutable, so caches may keep them for good."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from api.auth import TheCaller
from api.errors import Problem
from api.house import House, TheHouse
from store.ids import ObjectId, is_object_id

router = APIRouter(tags=["objects"])

IMMUTABLE = "private, max-age=31536000, immutable"
CHUNK_BYTES = 1 << 20
URL_LIFETIME_S = 3600
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
# Shown by browsers as they are; anything else is downloaded, so that no stored byte can act as a page of ours.
_SHOWN = frozenset({"image/png", "image/webp", "image/jpeg"})


@router.get(
    "/api/objects/{object_id}", operation_id="getObject", summary="An object's bytes; takes Range",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "The range that was asked for."},
        304: {"description": "The copy you have is good: an object never changes."},
    },
)
@router.head("/api/objects/{object_id}", include_in_schema=False)
async def get_object(
    object_id: Annotated[str, Path(description="Hex sha256 of the bytes.")],
    request: Request,
    caller: TheCaller,
    house: TheHouse,
    name: Annotated[
        str | None, Query(max_length=200, description="Download under this file name.")
    ] = None,
) -> Response:
    if not is_object_id(object_id):
        raise Problem("not-found", "an object's id is the sha256 of its bytes, 64 hex digits")
    tag = f'"{object_id}"'
    headers = {"etag": tag, "cache-control": IMMUTABLE, "accept-ranges": "bytes"}
    oid = ObjectId(object_id)
    # The same answer for what is not there and what is not theirs: an id is no way to learn what others make.
    info = await house.stores.objects.head(oid) if await house.stores.grants.may_see(caller.user.id, oid) else None
    if info is None:
        raise Problem("not-found", f"there is no object {object_id}")
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if house.settings.object_redirects and name is None:
        url = await house.stores.objects.url(oid, expires_s=URL_LIFETIME_S)
        if url is not None:
            return RedirectResponse(url, 307, {"cache-control": f"private, max-age={URL_LIFETIME_S // 2}"})
    if name is not None or info.media_type not in _SHOWN:
        headers["content-disposition"] = _attachment(name or object_id)
    headers["content-security-policy"] = "default-src 'none'; sandbox"
    start, end, status = 0, info.size, 200
    if request.headers.get("if-range", tag) == tag:
        part = _part(request.headers.get("range", ""), info.size)
        if part is not None:
            (start, end), status = part, 206
            headers["content-range"] = f"bytes {start}-{end - 1}/{info.size}"
    headers["content-length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=info.media_type)
    if end - start <= CHUNK_BYTES:
        data = await house.stores.objects.get(oid, start=start, end=end)
        return Response(data, status, headers, info.media_type)
    return StreamingResponse(_chunks(house, oid, start, end), status, headers, info.media_type)


async def _chunks(house: House, object_id: ObjectId, start: int, end: int) -> AsyncIterator[bytes]:
    for at in range(start, end, CHUNK_BYTES):
        yield await house.stores.objects.get(object_id, start=at, end=min(end, at + CHUNK_BYTES))


def _names(header: str, tag: str) -> bool:
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in header.split(","))


def _part(header: str, size: int) -> tuple[int, int] | None:
    """The one byte range that is asked for, end exclusive; None for no range, several, or a unit not ours."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise Problem(
            "range", f"the object has {size} bytes", headers={"content-range": f"bytes */{size}"}
        )
    return start, end


def _attachment(name: str) -> str:
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
