"""Who may fetch an object, on both engines."""

from __future__ import annotations

import asyncio

from store.ids import ObjectId
from store.opening import Stores

IMAGE, DEPTH = ObjectId("a" * 64), ObjectId("b" * 64)


async def test_G1_an_object_is_seen_by_members_of_any_project_it_was_given_to(stores: Stores) -> None:
    ann, bob = [await stores.people.create_user(name) for name in ("Ann", "Bob")]
    harbour = await stores.people.create_project("Harbour", ann.id)
    ridge = await stores.people.create_project("Ridge", bob.id)

    await asyncio.gather(*(stores.grants.give(harbour.id, [IMAGE, DEPTH]) for _ in range(5)))

    assert await stores.grants.may_see(ann.id, IMAGE)
    assert await stores.grants.may_see(ann.id, DEPTH)
    assert not await stores.grants.may_see(bob.id, IMAGE)

    await stores.grants.give(ridge.id, [IMAGE])
    await stores.grants.give(ridge.id, [])

    assert await stores.grants.may_see(bob.id, IMAGE)
    assert not await stores.grants.may_see(bob.id, DEPTH)

    await stores.people.set_member(harbour.id, bob.id, "viewer")
    assert await stores.grants.may_see(bob.id, DEPTH)
    await stores.people.drop_member(harbour.id, bob.id)
    assert not await stores.grants.may_see(bob.id, DEPTH)

    await stores.grants.forget(IMAGE)
    assert not await stores.grants.may_see(ann.id, IMAGE)
