"""The project people see first."""

from __future__ import annotations

from pathlib import Path

from collab.demo import PLACES, seed_demo
from collab.document import EnvironmentsDoc
from collab.schema import FIRST_SLOT
from tests.collab.flow.house import open_house


async def test_the_demo_has_three_different_places_without_problems_and_asks_for_the_wide_views_first(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()

        made = await seed_demo(room, node.farm, node.stores.directory, user="usr_ana", now=100.0)

        assert [view.problems for view in made] == [(), (), ()]
        assert len({view.parameters["archetype"] for view in made}) == 3
        assert [view.name for view in EnvironmentsDoc(room.doc).views()] == [place.name for place in PLACES]
        first = [await node.painter.claim() for _ in range(3)]
        assert [job.slot for job in first] == [FIRST_SLOT] * 3
        assert len(await node.jobs()) == 3 * 6 + 4


async def test_a_project_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        await seed_demo(room, node.farm, node.stores.directory, user="usr_ana", now=100.0)
        before = room.doc.get_state()

        assert await seed_demo(room, node.farm, node.stores.directory, user="usr_ana", now=200.0) == []
        assert room.doc.get_state() == before
