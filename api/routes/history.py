"""A project's documents in time: who changed them, and what they were at any moment."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from api.access import ProjectViewer
from api.errors import FieldError, Problem
from api.house import TheHouse
from api.models.history import ChangeOut, HistoryOut, MomentOut
from api.strict import StrictRoute
from store.ids import DocId, DocKind

router = APIRouter(route_class=StrictRoute, prefix="/api/projects/{project_id}/history", tags=["history"])

Document = Annotated[DocKind, Query(description="Which of the project's documents.")]
OCTETS = "application/octet-stream"


@router.get("", operation_id="listHistory", summary="Who changed a document and when, newest first")
async def list_history(
    access: ProjectViewer,
    house: TheHouse,
    document: Document = "environments",
    before: Annotated[int | None, Query(ge=1, le=2**62, description="Only changes with a smaller `seq`.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> HistoryOut:
    doc = DocId(access.project.id, document)
    changes = await house.histories.changes(doc, limit=limit, before=before)
    return HistoryOut(
        document=document,
        epoch=(await house.stores.log.epochs_of([doc]))[doc],
        changes=[
            ChangeOut(
                seq=change.seq, epoch=change.epoch, at=change.at, author=change.author, origin=change.origin,
                session=change.session, node=change.node, bytes=change.size,
            )
            for change in changes
        ],
        before=changes[-1].seq if len(changes) == limit else None,
    )


@router.get(
    "/at", operation_id="getMoment", summary="A document as it was at a moment", response_model=MomentOut,
    responses={200: {
        "description": "The document as JSON, or with `format=update` (or Accept: application/octet-stream) as one Yjs "
        "update (v1), with `x-cyclorama-epoch`, `x-cyclorama-seq` and `x-cyclorama-exact`.",
        "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}},
    }},
)  # fmt: skip
async def get_moment(
    access: ProjectViewer,
    house: TheHouse,
    document: Document = "environments",
    time: Annotated[
        float | None, Query(ge=0, le=2**53, allow_inf_nan=False, description="Unix seconds; now when left out.")
    ] = None,
    seq: Annotated[int | None, Query(ge=1, le=2**62, description="Or just after this change.")] = None,
    format: Annotated[Literal["json", "update"] | None, Query()] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    if time is not None and seq is not None:
        raise Problem("invalid", "give time or seq, not both", [FieldError("seq", "leave it out, or leave time out")])
    moment = await house.histories.at(
        DocId(access.project.id, document), time=house.clock() if time is None and seq is None else time, seq=seq
    )
    headers = {"vary": "accept", "cache-control": "private, no-store"}
    if format == "update" or (format is None and accept.startswith(OCTETS)):
        headers |= {
            "x-cyclorama-epoch": str(moment.epoch), "x-cyclorama-seq": str(moment.seq),
            "x-cyclorama-exact": "true" if moment.is_exact else "false",
            "content-disposition": f'attachment; filename="{access.project.id}-{document}-{moment.seq}.yjs"',
        }  # fmt: skip
        return Response(moment.update, 200, headers, OCTETS)
    told = {
        "document": document, "epoch": moment.epoch, "seq": moment.seq, "at": moment.at, "exact": moment.is_exact,
    }  # fmt: skip
    # The content is JSON already, made where the replay was: a document of megabytes would hold up the loop here.
    body = json.dumps(told)[:-1].encode() + b', "content": ' + moment.json + b"}"
    return Response(body, 200, headers, "application/json")
