"""What a scene can be told: the JSON Schema that validates parameters and from which the client builds its controls."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from render.scene import scene_schema

router = APIRouter(tags=["scene"])


@router.get(
    "/api/scene-schema", operation_id="getSceneSchema", summary="Scene parameters with units, ranges and defaults"
)
async def get_scene_schema() -> dict[str, Any]:
    return scene_schema()
