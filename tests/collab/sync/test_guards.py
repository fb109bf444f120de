"""Who may write what: refused before it touches the room (G1)."""

# ruff: noqa: SIM117 — one `with` for the room, one for the people in it

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pycrdt import Doc, Map, Text

from collab import codec
from collab.errors import CloseCode
from collab.guards import may_write
from collab.origin import DirectOrigin
from collab.session import Role
from store.ids import DocKind
from tests.collab.sync.client import Client, closed_with, connected, doc_id, person, rooms_over
from tests.collab.sync.memory_log import MemoryLog
from tests.helpers.waiting import wait_until

TABLE: dict[DocKind, set[Role]] = {
    "environments": {"editor", "owner"},
    "annotations": {"reviewer", "editor", "owner"},
    "votes": {"reviewer", "editor", "owner"},
}


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("role", ["viewer", "reviewer", "editor", "owner"])
def test_G1_the_table_of_roles(kind: DocKind, role: Role) -> None:
    assert may_write(kind, role) is (role in TABLE[kind])


@pytest.mark.parametrize(
    ("kind", "role"), [("environments", "viewer"), ("environments", "reviewer"), ("votes", "viewer")]
)
async def test_G1_a_write_without_the_role_is_refused_and_touches_nothing(kind: DocKind, role: Role) -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id(kind)) as room:
        async with connected(room, person("eve", role)) as eve:
            eve.root["x"] = 1
            code, reason = await closed_with(eve)
            assert code == CloseCode.FORBIDDEN
            assert reason.startswith("G1")
        assert room.replica.version == 0
        assert log.rows == []


async def test_G1_a_viewer_looks_and_comes_back_with_what_it_has() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        room.edit(DirectOrigin("usr_a", "rest"), lambda doc: doc.get("environments", type=Map).__setitem__("x", 1))
        room.edit(DirectOrigin("usr_a", "rest"), lambda doc: doc.get("environments", type=Map).__setitem__("x", 2))
        viewer = Client()
        async with connected(room, person("vic", "viewer"), viewer):
            assert viewer.content() == {"x": 2.0}
        again = Client(viewer.doc)
        async with connected(room, person("vic", "viewer"), again):
            again.say(codec.sync_step2(viewer.doc.get_update()))
            again.be({"looking_at": "x"})
            await wait_until(lambda: again.presence)
            assert again.result is None


Change = Callable[[Doc], Any]


def put(root: str, key: str, value: Any) -> Change:
    return lambda doc: doc.get(root, type=Map).__setitem__(key, value())


def ballot(doc: Doc) -> Map:
    return doc.get("ballots", type=Map)["b"]


def note(doc: Doc) -> Map:
    return doc.get("annotations", type=Map)["a"]


def seed_votes(doc: Doc) -> None:
    doc.get("ballots", type=Map)["b"] = Map(
        {"opened_by": "usr_ana", "mode": "approve", "votes": Map({"usr_ana": {"yes": True}})}
    )


def seed_notes(doc: Doc) -> None:
    doc.get("annotations", type=Map)["a"] = Map(
        {
            "author": "usr_ana", "body": Text("mer lys"), "anchor": {"uv": [0.5, 0.5]}, "status": "open",
            "replies": Map({"r": Map({"author": "usr_ana", "body": Text("ja")})}),
        }
    )  # fmt: skip


VOTES_ALLOWED: dict[str, Change] = {
    "cast": lambda doc: ballot(doc)["votes"].__setitem__("usr_ben", {"yes": False}),
    "open": put("ballots", "c", lambda: Map({"opened_by": "usr_ben", "votes": Map({"usr_ben": 1})})),
    "close": lambda doc: ballot(doc).__setitem__("closed_at", 5),
}
VOTES_REFUSED: dict[str, Change] = {
    "change": lambda doc: ballot(doc)["votes"].__setitem__("usr_ana", {"yes": False}),
    "withdraw": lambda doc: ballot(doc)["votes"].__delitem__("usr_ana"),
    "for a third": lambda doc: ballot(doc)["votes"].__setitem__("usr_eva", 1),
    "replace all votes": lambda doc: ballot(doc).__setitem__("votes", Map({"usr_ben": 1})),
    "votes as plain value": lambda doc: ballot(doc).__setitem__("votes", {"usr_ana": {"yes": False}}),
    "replace the ballot": put("ballots", "b", lambda: Map({"votes": Map({})})),
    "remove the ballot": lambda doc: doc.get("ballots", type=Map).__delitem__("b"),
    "a new ballot with a forged vote": put("ballots", "c", lambda: Map({"votes": Map({"usr_ana": 1})})),
    "open in another's name": put("ballots", "c", lambda: Map({"opened_by": "usr_ana"})),
    "take over": lambda doc: ballot(doc).__setitem__("opened_by", "usr_ben"),
    "approve for another": put("approvals", "x", lambda: {"user": "usr_ana", "verdict": "approve"}),
}
NOTES_ALLOWED: dict[str, Change] = {
    "reply": lambda doc: note(doc)["replies"].__setitem__("s", Map({"author": "usr_ben", "body": Text("nei")})),
    "resolve": lambda doc: note(doc).__setitem__("status", "resolved"),
    "annotate": put("annotations", "n", lambda: Map({"author": "usr_ben", "body": Text("hei")})),
}
NOTES_REFUSED: dict[str, Change] = {
    "edit the body": lambda doc: note(doc)["body"].__iadd__("!"),
    "replace the body": lambda doc: note(doc).__setitem__("body", Text("x")),
    "move the anchor": lambda doc: note(doc).__setitem__("anchor", {"uv": [0, 0]}),
    "claim authorship": lambda doc: note(doc).__setitem__("author", "usr_ben"),
    "edit a reply": lambda doc: note(doc)["replies"]["r"]["body"].__iadd__("?"),
    "remove a reply": lambda doc: note(doc)["replies"].__delitem__("r"),
    "reply in another's name": lambda doc: note(doc)["replies"].__setitem__("s", Map({"author": "usr_ana"})),
    "drop all replies": lambda doc: note(doc).__delitem__("replies"),
    "remove": lambda doc: doc.get("annotations", type=Map).__delitem__("a"),
    "mark deleted": lambda doc: note(doc).__setitem__("deleted_at", 5),
    "annotate in another's name": put("annotations", "n", lambda: Map({"author": "usr_ana"})),
    "annotate without a name": put("annotations", "n", lambda: Map({"body": Text("x")})),
    "something else in its place": put("annotations", "n", lambda: 5),
}


def cases(votes: dict[str, Change], notes: dict[str, Change]) -> list[Any]:
    return [pytest.param("votes", change, id=f"votes: {name}") for name, change in votes.items()] + [
        pytest.param("annotations", change, id=f"notes: {name}") for name, change in notes.items()
    ]


@pytest.mark.parametrize(("kind", "change"), cases(VOTES_REFUSED, NOTES_REFUSED))
async def test_G1_what_belongs_to_another_is_refused_and_the_room_is_untouched(kind: DocKind, change: Change) -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id(kind)) as room:
        room.edit(DirectOrigin("usr_ana", "seed"), seed_votes if kind == "votes" else seed_notes)
        await room.saved()
        before = room.replica.state()
        async with connected(room, person("ben", "reviewer")) as ben:
            change(ben.doc)
            code, reason = await closed_with(ben)
        assert (code, reason[:3]) == (CloseCode.FORBIDDEN, "G1:")
        assert room.replica.state() == before
        assert len(log.rows) == 1


@pytest.mark.parametrize(("kind", "change"), cases(VOTES_ALLOWED, NOTES_ALLOWED))
async def test_G1_what_is_ones_own_passes(kind: DocKind, change: Change) -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id(kind)) as room:
        async with connected(room, person("ana", "reviewer")) as ana:
            (seed_votes if kind == "votes" else seed_notes)(ana.doc)
            await wait_until(lambda: room.replica.version)
            async with connected(room, person("ben", "reviewer")) as ben:
                version = room.replica.version
                change(ben.doc)
                await wait_until(lambda: room.replica.version > version or ben.result)
                assert ben.result is None


async def test_G1_an_editor_may_remove_a_note_but_not_rewrite_it() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id("annotations")) as room:
        room.edit(DirectOrigin("usr_ana", "seed"), seed_notes)
        async with connected(room, person("edi", "editor")) as edi:
            note(edi.doc)["deleted_at"] = 5
            await wait_until(lambda: "deleted_at" in note(room.doc))
            note(edi.doc)["body"] = Text("never said")
            assert (await closed_with(edi))[0] == CloseCode.FORBIDDEN


async def test_G1_a_forgery_cannot_hide_behind_a_missing_update() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id("votes")) as room:
        room.edit(DirectOrigin("usr_ana", "seed"), seed_votes)
        async with connected(room, person("eve", "reviewer")) as eve:
            forger = Doc()
            forger.apply_update(eve.doc.get_update())
            pieces: list[bytes] = []
            subscription = forger.observe(lambda event: pieces.append(event.update))
            text = forger.get("notes", type=Text)
            text += "first"
            with forger.transaction():
                text += "second"
                ballot(forger)["votes"]["usr_ana"] = {"yes": False}
            forger.unobserve(subscription)
            eve.say(codec.sync_update(pieces[1]))
            assert (await closed_with(eve))[0] in (4400, 4403)
            assert ballot(room.doc)["votes"]["usr_ana"] == {"yes": True}
