"""Another history of a document: the old one's clients are refused and never merged (D4)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from pycrdt import Doc, Map

from collab import codec
from collab.config import CollabConfig
from collab.history import Histories, NoSuchMomentError
from collab.origin import DirectOrigin
from collab.room import Room
from store.errors import ConflictError, UnavailableError
from store.ids import DocId
from store.opening import Stores
from tests.collab.history.studio import DOC, Killed, Studio, killed_at, normal
from tests.collab.sync.client import Client, closed_with, connected, person, rooms_over, same
from tests.contracts.conftest import Clock
from tests.helpers.waiting import wait_until

SOON = CollabConfig(epoch_check_s=0.0, epoch_entry_s=0.0, idle_unload_s=0.05)
LATE = CollabConfig(epoch_check_s=1e6, epoch_entry_s=1e6)


async def an_hour(room: Room, value: float) -> None:
    room.edit(
        DirectOrigin("usr_ana", "rest"),
        lambda doc: doc.get("environments", type=Map).__setitem__("hour", value),
    )
    await room.saved()


def histories_of(stores: Stores, clock: Clock) -> Histories:
    _, _, merger = Studio(stores, random.Random(1)).keepers()
    return Histories(stores.log, merger, clock)


async def begun_again(stores: Stores, clock: Clock, place: int = 0) -> int:
    """The document as it was after its nth row, as another history."""
    rows = (await stores.log.history(DOC, limit=1000))[::-1]
    epoch, _ = await histories_of(stores, clock).begin_epoch(DOC, "operator", "cli", seq=rows[place].seq)
    return epoch


async def test_D4_a_document_begins_again_as_it_was(stores: Stores, clock: Clock) -> None:
    past = Studio(stores, random.Random(5))
    await past.work(30)
    seq, _, then = past.seen[12]
    clock.now = past.at + 50

    epoch, moment = await histories_of(stores, clock).begin_epoch(DOC, "operator", "cli", seq=seq)

    assert (epoch, moment.seq) == (2, seq)
    assert normal(await past.now()) == normal(then)
    newest = (await stores.log.changes(DOC, limit=1))[0]
    assert (newest.epoch, newest.author, newest.origin) == (2, "operator", f"epoch:1.{seq}")
    before = await histories_of(stores, clock).at(DOC, time=past.at + 1)
    assert (before.epoch, normal(before.content.get("environments", {}))) == (1, normal(past.seen[-1][2]))
    back, _ = await histories_of(stores, clock).begin_epoch(DOC, "operator", "cli", time=past.at + 1)
    assert back == 3
    assert normal(await past.now()) == normal(past.seen[-1][2])
    meta = (await histories_of(stores, clock).at(DOC, time=clock.now + 1)).content["meta"]
    assert meta == {"epoch": 3}


async def test_D4_beginning_again_survives_the_end_of_the_process_at_every_statement(
    stores: Stores, clock: Clock
) -> None:
    past = Studio(stores, random.Random(6))
    await past.work(15)
    seq, _, then = past.seen[4]
    statement = 0
    while True:
        statement += 1
        async with killed_at(stores.database, statement):
            try:
                await histories_of(stores, clock).begin_epoch(DOC, "operator", "cli", seq=seq)
                break
            except Killed:
                pass
        loaded = await stores.log.load(DOC)
        assert (loaded.epoch, len(loaded.rows)) == (1, len(past.seen))
        assert normal(await past.now()) == normal(past.seen[-1][2])
    assert statement > 8
    loaded = await stores.log.load(DOC)
    assert (loaded.epoch, len(loaded.rows)) == (2, 1)
    assert normal(await past.now()) == normal(then)


async def test_D4_nothing_begins_again_with_nothing_and_nobody_begins_twice(stores: Stores, clock: Clock) -> None:
    with pytest.raises(NoSuchMomentError, match="empty"):
        await histories_of(stores, clock).begin_epoch(DOC, "operator", "cli", time=1.0)
    past = Studio(stores, random.Random(5))
    await past.work(3)
    slow = histories_of(stores, clock)
    looking_back = slow.at

    async def overtaken(*args: Any, **named: Any) -> Any:
        found = await looking_back(*args, **named)
        await begun_again(stores, clock)
        return found

    slow.at = overtaken  # type: ignore[method-assign]  # somebody else is quicker, just then
    with pytest.raises(ConflictError, match="is in epoch 2"):
        await slow.begin_epoch(DOC, "operator", "cli", seq=past.seen[0][0])


async def test_D4_everybody_in_the_old_history_is_sent_away_and_the_next_find_the_new_one(
    stores: Stores, clock: Clock
) -> None:
    async with rooms_over(stores.log, config=SOON) as rooms, rooms_over(stores.log, config=SOON, node="n2") as others:
        async with rooms.use(DOC) as room, others.use(DOC) as other:
            await an_hour(room, 7.0)
            await an_hour(other, 8.0)
            async with connected(room) as ana, connected(other, person("ben"), epoch=1) as ben:
                epoch = await begun_again(stores, clock)

                assert (await closed_with(ana))[0] == 4409
                code, reason = await closed_with(ben)
                assert (code, "epoch 2" in reason, len(reason.encode()) <= 123) == (4409, True, True)
        for house in (rooms, others):
            async with house.use(DOC) as fresh:
                assert fresh.epoch == epoch
                assert fresh.doc.get("environments", type=Map).to_py() == {"hour": 7.0}
        await wait_until(lambda: not rooms._retired and not others._retired)


async def test_D4_what_a_node_takes_before_it_hears_of_the_new_history_stays_in_the_old_one(
    stores: Stores, clock: Clock
) -> None:
    async with rooms_over(stores.log, config=LATE) as rooms:
        async with rooms.use(DOC) as room, connected(room, epoch=1) as ana:
            await an_hour(room, 7.0)
            await begun_again(stores, clock)

            ana.root["late"] = "saved, but in the old history"
            await wait_until(lambda: "late" in room.doc.get("environments", type=Map).to_py())
            await room.saved()
            await rooms._look_at_epochs()
            assert (await closed_with(ana))[0] == 4409

        async with rooms.use(DOC) as room:
            assert room.doc.get("environments", type=Map).to_py() == {"hour": 7.0}
        late = [row for row in await stores.log.tail(DOC, 0, 1) if b"late" in row.payload]
        assert [row.author for row in late] == ["usr_ana"]


async def test_D4_two_nodes_of_two_histories_do_not_mix_over_the_relay(stores: Stores, clock: Clock) -> None:
    async with (
        rooms_over(stores.log, stores.relay, LATE) as late,
        rooms_over(stores.log, stores.relay, SOON, node="n2") as soon,
        late.use(DOC) as old,
    ):
        await an_hour(old, 7.0)
        async with soon.use(DOC) as before:
            await wait_until(lambda: before.doc.get("environments", type=Map).to_py() == {"hour": 7.0})
            await begun_again(stores, clock)
        async with soon.use(DOC) as new, connected(new, epoch=2) as ben, connected(old, epoch=1) as ana:
            assert new.epoch == 2
            ana.root["old"] = 1
            ben.root["new"] = 1
            await wait_until(lambda: "old" in old.doc.get("environments", type=Map).to_py())
            await wait_until(lambda: "new" in new.doc.get("environments", type=Map).to_py())
            await old.saved()
            await new.saved()
            ana.root["old again"] = 1
            ben.root["new again"] = 1
            await wait_until(lambda: "old again" in old.doc.get("environments", type=Map).to_py())
            await wait_until(lambda: "new again" in new.doc.get("environments", type=Map).to_py())

            assert set(new.doc.get("environments", type=Map)) == {"hour", "new", "new again"}
            assert set(old.doc.get("environments", type=Map)) == {"hour", "old", "old again"}
            await late._look_at_epochs()
            assert (await closed_with(ana))[0] == 4409
        async with late.use(DOC) as found:
            await wait_until(lambda: set(found.doc.get("environments", type=Map)) == {"hour", "new", "new again"})


async def test_D4_who_knows_the_new_history_before_the_node_does_is_not_sent_away(
    stores: Stores, clock: Clock
) -> None:
    async with rooms_over(stores.log, config=LATE) as rooms:
        async with rooms.use(DOC) as room:
            await an_hour(room, 7.0)
        await begun_again(stores, clock)

        async with rooms.use(DOC, is_entering=True) as fresh, connected(fresh, epoch=2) as ana:
            assert ana.content() == {"hour": 7.0}
            assert ana.result is None


async def test_D4_the_guarded_documents_begin_again_too(stores: Stores, clock: Clock) -> None:
    notes = DocId(DOC.project, "annotations")
    async with rooms_over(stores.log, config=SOON) as rooms:
        async with rooms.use(notes) as room:
            room.edit(
                DirectOrigin("usr_ana", "rest"),
                lambda doc: doc.get("annotations", type=Map).__setitem__("ann_1", Map({"author": "usr_ana"})),
            )
            await room.saved()
        (row,) = await stores.log.history(notes, limit=1)
        await histories_of(stores, clock).begin_epoch(notes, "operator", "cli", seq=row.seq)
        async with rooms.use(notes) as room, connected(room) as ana, connected(room, person("ben"), epoch=2) as ben:
            assert room.gate is not None
            ana.doc.get("annotations", type=Map)["ann_2"] = Map({"author": "usr_ana"})
            await same(ana, ben, what=lambda client: client.content("annotations"))
            await wait_until(lambda: set(ben.content("annotations")) == {"ann_1", "ann_2"})


async def test_D4_what_is_unsaved_when_the_history_changes_is_saved_in_the_old_one(
    stores: Stores, clock: Clock
) -> None:
    async with rooms_over(stores.log, config=LATE) as rooms:
        async with rooms.use(DOC) as room:
            await an_hour(room, 7.0)
            await begun_again(stores, clock)
            room.edit(
                DirectOrigin("usr_ana", "rest"),
                lambda doc: doc.get("environments", type=Map).__setitem__("unsaved", True),
            )
            await rooms._look_at_epochs()
            fresh = await rooms.get(DOC)
            assert fresh is not room
            await room.saved()
        await wait_until(lambda: not rooms._retired)

        rows = await stores.log.history(DOC, limit=1)
        assert (rows[0].epoch, b"unsaved" in rows[0].payload) == (1, True)
        assert fresh.doc.get("environments", type=Map).to_py() == {"hour": 7.0}


async def a_copy(room: Room) -> Doc[Any]:
    """What a client keeps on its device."""
    copy: Doc[Any] = Doc()
    copy.apply_update(room.doc.get_update())
    return copy


async def refused(client: Client, room: Room, epoch: int | None = None) -> bool:
    async with connected(room, client=client, epoch=epoch):
        await wait_until(lambda: client.result or client.synced)
        return client.result is not None and client.result[0] == 4409


async def test_D4_stock_clients_without_an_epoch_are_told_by_their_state(stores: Stores, clock: Clock) -> None:
    async with rooms_over(stores.log, config=SOON) as rooms:
        async with rooms.use(DOC) as room:
            await an_hour(room, 7.0)
            await an_hour(room, 8.0)
            old = await a_copy(room)
        await begun_again(stores, clock)
        async with rooms.use(DOC) as room:
            stale = Client(old)
            stale.root["mine"] = "must not come in"
            assert await refused(stale, room)
            assert await refused(Client(old), room, epoch=1)

            async with connected(room) as fresh:
                fresh.root["hour"] = 9.0
                await wait_until(lambda: room.doc.get("environments", type=Map).to_py() == {"hour": 9.0})
                new = fresh.doc
            returning = Client(new)
            async with connected(room, person("ben"), returning) as ben, connected(room) as ana:
                ben.root["ben"] = 1
                await same(ana, ben)
            assert room.doc.get("environments", type=Map).to_py() == {"hour": 9.0, "ben": 1.0}
        await begun_again(stores, clock)
        async with rooms.use(DOC) as room:
            assert await refused(Client(new), room)


@pytest.mark.parametrize("say", [codec.sync_update, codec.sync_step2])
async def test_D4_who_writes_before_saying_what_it_has_is_refused(
    stores: Stores, clock: Clock, say: Callable[[bytes], bytes]
) -> None:
    async with rooms_over(stores.log, config=SOON) as rooms:
        async with rooms.use(DOC) as room:
            await an_hour(room, 7.0)
        await begun_again(stores, clock)
        async with rooms.use(DOC) as room:
            hasty: Doc[Any] = Doc()
            hasty.get("environments", type=Map)["x"] = 1
            client = Client()
            client.say(say(hasty.get_update()))
            assert await refused(client, room)
            assert room.doc.get("environments", type=Map).to_py() == {"hour": 7.0}


async def test_D4_while_the_store_does_not_answer_people_still_enter_the_rooms_that_are_open(
    stores: Stores, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(docs: object) -> Any:
        raise UnavailableError("the database is away (a test said so)")

    async with rooms_over(stores.log, config=SOON) as rooms, rooms.use(DOC) as room:
        await an_hour(room, 7.0)
        monkeypatch.setattr(stores.log, "epochs_of", away)
        assert await rooms.get(DOC) is room
        async with connected(room) as ana:
            assert ana.content() == {"hour": 7.0}


async def test_D4_who_enters_does_not_rely_on_a_question_that_was_asked_before(
    stores: Stores, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()
    epochs_of = stores.log.epochs_of

    async def slow(docs: Any) -> Any:
        epochs = await epochs_of(docs)
        asked.set()
        await answered.wait()
        return epochs

    async with rooms_over(stores.log, config=LATE) as rooms:
        await an_hour(await rooms.get(DOC), 7.0)
        monkeypatch.setattr(stores.log, "epochs_of", slow)
        early = asyncio.create_task(rooms.get(DOC, is_entering=True))
        await asked.wait()
        monkeypatch.setattr(stores.log, "epochs_of", epochs_of)
        await begun_again(stores, clock)
        late = asyncio.create_task(rooms.get(DOC, is_entering=True))
        asyncio.get_running_loop().call_later(0.01, answered.set)

        assert (await late).epoch == 2
        await early
