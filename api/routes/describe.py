"""Words to worlds: what a description would make, with a reason for each parameter. Nothing is changed by asking."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from api.auth import TheCaller
from api.models.words import DescribeIn, DescriptionOut
from api.strict import StrictRoute
from render.describe import describe

router = APIRouter(route_class=StrictRoute, tags=["scene"])


@router.post(
    "/api/describe", operation_id="describePlace", summary="A kind of place and parameters from a description in words"
)
async def describe_place(body: DescribeIn, caller: TheCaller) -> DescriptionOut:
    found = await asyncio.to_thread(describe, body.text, body.archetype)
    return DescriptionOut.model_validate(found.to_json())
