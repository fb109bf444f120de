"""Presence: nobody wears another's name, nobody stays as a ghost, nobody drowns the others."""

# ruff: noqa: SIM117 — one `with` for the room, one for the people in it

from __future__ import annotations

import asyncio

import pytest

from collab import codec
from collab.config import CollabConfig
from collab.presence import Presence, Speaker
from tests.collab.sync.client import closed_with, connected, doc_id, person, rooms_over
from tests.collab.sync.memory_log import MemoryLog
from tests.helpers.waiting import wait_until


async def test_R6_people_see_each_other_and_a_state_goes_with_its_connection() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        async with connected(room, person("ben")) as ben:
            ben.be({"user": {"id": "usr_ben", "name": "Ben", "color": "#123456"}, "cursor": [0.5, 0.5]})
            await wait_until(lambda: ben.doc.client_id in ana.presence)
            assert ana.presence[ben.doc.client_id][1]["cursor"] == [0.5, 0.5]
            await wait_until(lambda: ben.doc.client_id in ben.presence, what="the sender hears its own state back")

        await wait_until(lambda: not ana.presence)


async def test_R6_the_name_in_a_state_is_the_name_of_the_connection() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("eve")) as eve:
            eve.be({"user": {"id": "usr_ana", "name": "Åna the owner", "color": "#ff0000"}, "looking_at": "env_1"})
            await wait_until(lambda: eve.doc.client_id in ana.presence)

            assert ana.presence[eve.doc.client_id][1] == {
                "user": {"id": "usr_eve", "name": "Eve", "color": "#ff0000"}, "looking_at": "env_1",
            }  # fmt: skip
            assert rooms.figures().presence_refused == 1


async def test_R6_nobody_speaks_for_another_connections_client() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("eve")) as eve:
            ana.be({"holding": "time_of_day"}, clock=3)
            await wait_until(lambda: ana.doc.client_id in eve.presence)
            eve.be({"holding": "nothing"}, clock=9, client=ana.doc.client_id)
            eve.be(None, clock=10, client=ana.doc.client_id)
            eve.be({"marker": True})
            await wait_until(lambda: eve.doc.client_id in ana.presence)

            assert eve.presence[ana.doc.client_id] == (3, {"holding": "time_of_day"})
            assert rooms.figures().presence_refused == 2


async def test_R6_echoes_of_others_are_ignored_without_blame() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ana.be({"a": 1}, clock=3)
            await wait_until(lambda: ana.doc.client_id in ben.presence)
            ben.be({"a": 1}, clock=3, client=ana.doc.client_id)  # what y-websocket does with all it hears
            ben.be({"b": 1})
            await wait_until(lambda: ben.doc.client_id in ana.presence)
            assert rooms.figures().presence_refused == 0


async def test_R6_a_client_that_returns_with_its_old_clock_is_told_to_raise_it() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        async with connected(room, person("ben")) as ben:
            ben.be({"x": 1}, clock=5)
            await wait_until(lambda: ben.doc.client_id in ana.presence)
            number = ben.doc.client_id
        await wait_until(lambda: not ana.presence)
        async with connected(room, person("ben")) as again:
            again.be({"x": 1}, clock=5, client=number)
            gone = codec.presence_frame([codec.presence_bytes(codec.PresenceEntry(number, 6, b"null"))])
            await wait_until(lambda: gone in again.frames)
            again.be({"x": 1}, clock=7, client=number)
            await wait_until(lambda: number in ana.presence)
            assert ana.presence[number] == (7, {"x": 1})


async def test_R6_a_second_connection_of_the_same_person_may_take_over_its_client() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        async with connected(room, person("ben")) as half_open, connected(room, person("ben")) as fresh:
            half_open.be({"x": 1}, clock=1, client=77)
            await wait_until(lambda: 77 in ana.presence)
            fresh.be({"x": 2}, clock=2, client=77)
            await wait_until(lambda: ana.presence[77][0] == 2)
            half_open.hang_up()
            await wait_until(lambda: len(room.sessions) == 2)
            assert ana.presence[77] == (2, {"x": 2})


@pytest.mark.parametrize("state", [b"{", b"[1]", b"3", b'"x"', b'{"a":NaN}', b"\xff", b"[" * 10_000])
async def test_R3_a_presence_state_that_is_no_json_object_ends_its_sender(state: bytes) -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room), connected(room, person("eve")) as eve:
            eve.say(codec.presence_frame([codec.presence_bytes(codec.PresenceEntry(5, 1, state))]))
            assert (await closed_with(eve))[0] == 4400


async def test_R3_a_huge_presence_state_ends_its_sender() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as eve:
        eve.be({"x": "y" * 20_000})
        assert (await closed_with(eve))[0] == 4413


async def test_R6_a_flood_of_presence_becomes_twenty_frames_a_second_and_the_last_one_wins() -> None:
    config = CollabConfig(presence_hz=20)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            began, before = room.now(), len(ana.frames)
            for clock in range(1, 400):
                ben.be({"n": clock}, clock=clock)
                if clock % 40 == 0:
                    await asyncio.sleep(0.01)
            await wait_until(lambda: ana.presence.get(ben.doc.client_id, (0, 0))[0] == 399)

            frames = len(ana.frames) - before
            assert frames <= (room.now() - began) * 20 + 2


async def test_R6_one_connection_speaks_for_few_clients() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as eve:
        entries = [codec.presence_bytes(codec.PresenceEntry(n, 1, b"{}")) for n in range(100)]
        eve.say(codec.presence_frame(entries))
        await wait_until(lambda: len(room.presence))
        assert len(room.presence) == room.config.presence_ids_per_session


async def test_R6_the_server_is_silent_until_it_shows_the_farm() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.be({"me": 1})
        await wait_until(lambda: ana.presence)
        assert list(ana.presence) == [ana.doc.client_id]

        room.set_farm({"jobs": {"job_1": {"progress": 0.5}}, "previews": {}})
        await wait_until(lambda: len(ana.presence) == 2)
        server = next(client for client in ana.presence if client != ana.doc.client_id)
        assert ana.presence[server][1] == {"farm": {"jobs": {"job_1": {"progress": 0.5}}, "previews": {}}}

        room.set_farm(None)
        await wait_until(lambda: len(ana.presence) == 1)
        room.set_farm({"jobs": {}, "previews": {}})
        await wait_until(lambda: len(ana.presence) == 2)


async def test_R6_a_slow_reader_gets_only_the_newest_presence() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ben.socket.stop_reading()
            for clock in range(1, 6):
                ana.be({"n": clock}, clock=clock)
                await wait_until(lambda clock=clock: ana.presence.get(ana.doc.client_id, (0,))[0] == clock)
            before = len(ben.frames)
            ben.socket.read_on()
            await wait_until(lambda: ben.presence.get(ana.doc.client_id, (0,))[0] == 5)
            assert len(ben.frames) - before <= 2


def test_R6_presence_of_another_node_expires_and_never_overrides_our_own() -> None:
    presence = Presence(state_bytes=1000, ids_per_session=8)
    ours = Speaker("ses_1", "usr_ana", "Ana", "#fff")
    presence.take(ours, [codec.PresenceEntry(1, 5, b'{"a":1}')], 0.0)

    forged, theirs = codec.PresenceEntry(1, 9, b"null"), codec.PresenceEntry(2, 1, b"{}")
    assert presence.take_remote("node-2", [forged, theirs], 0.0) == [2]
    assert presence.take_remote("node-2", [codec.PresenceEntry(2, 1, b"{}")], 50.0) == []
    assert presence.expire_remote(20.0) == []
    assert presence.expire_remote(60.0) == [2]
    assert presence.clients() == {1}
    assert presence.relayed([1, 2]) == [1]


def test_R6_a_tab_that_repeats_another_one_does_not_keep_it_here_when_it_goes() -> None:
    presence = Presence(state_bytes=1000, ids_per_session=8)
    one, two = (Speaker(f"ses_{name}", "usr_ana", "Ana", "#fff") for name in ("one", "two"))

    def say(speaker: Speaker, client: int, clock: int, state: bytes) -> None:
        presence.take(speaker, [codec.PresenceEntry(client, clock, state)], 0.0)

    say(one, 1, 0, b"{}")
    say(two, 2, 0, b"{}")
    say(one, 2, 1, b'{"tab":2}')  # heard over the browser's channel, and said before the other's own word arrived
    assert presence.speaker_of(2) == "ses_two"
    say(two, 2, 1, b'{"tab":2}')
    # A tab of y-websocket that closes says good-bye to the others, hears its own good-bye from them, and objects.
    say(one, 2, 1, b"null")
    say(one, 2, 2, b'{"tab":2}')
    assert presence.clients() == {1, 2}

    assert presence.drop("ses_two") == [2]
    assert presence.clients() == {1}
    assert presence.drop("ses_one") == [1]


def test_R6_a_client_goes_with_the_newest_connection_that_introduced_itself_with_it() -> None:
    presence = Presence(state_bytes=1000, ids_per_session=8)
    lost, again = (Speaker(name, "usr_ana", "Ana", "#fff") for name in ("ses_lost", "ses_again"))
    state = codec.PresenceEntry(1, 3, b'{"tab":1}')
    presence.take(lost, [state], 0.0)
    assert presence.take(again, [state], 0.0).changed == []

    assert presence.drop("ses_lost") == []
    assert presence.drop("ses_again") == [1]


def test_R6_a_tab_that_comes_back_with_its_old_clock_does_not_take_over_what_it_repeats() -> None:
    presence = Presence(state_bytes=1000, ids_per_session=8)
    old, tab, back = (Speaker(name, "usr_ana", "Ana", "#fff") for name in ("ses_old", "ses_tab", "ses_back"))
    for speaker, client in ((old, 1), (tab, 2)):
        presence.take(speaker, [codec.PresenceEntry(client, 1, b"{}")], 0.0)
    presence.drop("ses_tab")

    assert presence.take(back, [codec.PresenceEntry(2, 1, b"{}")], 0.0).answers, "its clock is known to be gone"
    presence.take(back, [codec.PresenceEntry(1, 1, b"{}")], 0.0)  # what it was told of the other tab

    assert presence.drop("ses_old") == [1]


async def test_R6_the_largest_clock_goes_with_its_connection_and_harms_nobody() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        async with connected(room, person("eve")) as eve:
            eve.be({"cursor": [0, 0]}, clock=codec.MAX_UINT)
            await wait_until(lambda: eve.doc.client_id in ana.presence)
        await wait_until(lambda: eve.doc.client_id not in ana.presence)
        assert ana.result is None


async def test_R6_the_first_and_the_last_word_about_a_client_never_wait() -> None:
    config = CollabConfig(presence_hz=1.0)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")):
            ana.be({"tab": 1})
            await wait_until(lambda: len(room.presence) == 1)
            ana.be({"tab": 1, "cursor": [0, 1]}, clock=2)
            ana.be({"sister": True}, clock=1, client=77)
            await wait_until(lambda: len(room.presence) == 2, timeout_s=0.5)
            assert room.presence.is_spoken_for(77, next(iter(room.sessions))), "whose it is, is settled at once"
            ana.be(None, clock=2, client=77)
            await wait_until(lambda: len(room.presence) == 1, timeout_s=0.5)
