"""The demo project of a new installation (CYCLORAMA_DEMO): made once, never again, left alone afterwards."""

from __future__ import annotations

import logging

from api.house import House
from api.owner import OWNER
from collab.demo import PROJECT_NAME, seed_demo
from store.errors import ConflictError
from store.ids import DocId, ProjectId

logger = logging.getLogger(__name__)

DEMO = ProjectId("prj_demo")


async def ensure_demo(house: House) -> None:
    """Make the demo project when the owner has no project yet, archived ones included.

    Raises:
        UnavailableError: a store does not answer.
    """
    if not house.settings.demo or await house.stores.people.list_projects(OWNER):
        return
    try:
        await house.stores.people.create_project(PROJECT_NAME, OWNER, DEMO)
    except ConflictError:  # another node starting at the same moment was first, and fills it
        return
    async with house.rooms.use(DocId(DEMO, "environments")) as room:
        places = await seed_demo(room, house.farm, house.stores.directory, user=OWNER, now=house.clock())
    logger.info("demo.made project=%s environments=%d", DEMO, len(places))
