"""What pycrdt and pycrdt-websocket do with a server, scenario by scenario, their own suite's exchanges among them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import websockets
from pycrdt import (
    Array,
    Awareness,
    Doc,
    Map,
    Provider,
    Text,
    UndoManager,
    XmlElement,
    XmlFragment,
    XmlText,
    create_awareness_message,
    read_message,
)
from pycrdt.websocket import ASGIServer, WebsocketServer

from tests.helpers.node import node
from tests.helpers.services import free_port
from tests.helpers.waiting import wait_until
from tests.interop.conftest import HERE, RoomServer
from tests.interop.python_clients import SocketChannel, python_client

ROOM = "prj_one/environments"


@contextlib.asynccontextmanager
async def yjs(server: RoomServer, part: str) -> AsyncIterator[None]:
    """A node process that plays the other half."""
    process = await asyncio.create_subprocess_exec(node(), str(HERE / "pycrdt_yjs.mjs"), server.url, ROOM, part)
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_R1_yjs_answers_every_number_that_pycrdt_says(server: RoomServer) -> None:
    async with python_client(server.url, ROOM) as doc, yjs(server, "clock"):
        numbers = doc.get("map", type=Map)
        for said in range(50):
            numbers["in"] = float(said)
            await wait_until(lambda said=said: numbers.get("out") == said + 1.0)  # type: ignore[misc]  # bound at once


async def test_R1_pycrdt_reads_types_inside_types_that_yjs_wrote(server: RoomServer) -> None:
    async with python_client(server.url, ROOM) as doc, yjs(server, "nested"):
        cells, state = doc.get("cells", type=Array), doc.get("state", type=Map)
        await wait_until(lambda: len(cells) == 2 and "state" in state)
        assert cells.to_py() == [
            {"source": "1 + 2 = «3» 🧮", "metadata": {"foo": "bår", "n": [1.0, 2.5, None, True]}},
            ["山", {"deep": True}],
        ]
        assert isinstance(cells[0]["source"], Text)
        assert state.to_py() == {"state": {"dirty": False}}


async def test_R1_yjs_undoes_what_pycrdt_wrote(server: RoomServer) -> None:
    async with python_client(server.url, ROOM) as doc, yjs(server, "undo"):
        entries = doc.get("map", type=Map)
        await wait_until(lambda: entries.get("ready"))
        seen: list[Any] = []
        entries.observe(lambda event: seen.append(dict(event.keys)))
        entries["mine"] = "for a moment"
        await wait_until(lambda: "mine" not in entries)
        assert [set(keys) for keys in seen] == [{"mine"}, {"mine"}]
        assert entries.get("ready") is True


async def test_R1_two_pycrdt_providers_share_maps_arrays_text_and_xml(server: RoomServer) -> None:
    async with python_client(server.url, ROOM) as ana, python_client(server.url, ROOM) as ben:
        with ana.transaction():
            ana.get("environments", type=Map)["env_1"] = Map({"name": "Fjære", "tags": Array(["a", {"b": [None]}])})
            ana.get("notes", type=Text).insert(0, "Tåke 🌫️ over fjorden")
            ana.get("list", type=Array).extend([1.0, "to", b"\x00\xff", False])
            fragment = ana.get("xml", type=XmlFragment)
            paragraph = fragment.children.append(XmlElement("p", {"klass": "ø"}))
            paragraph.children.append(XmlText("שלום"))
        notes = ben.get("notes", type=Text)
        await wait_until(lambda: str(notes) == "Tåke 🌫️ over fjorden")
        assert ben.get("environments", type=Map).to_py() == {"env_1": {"name": "Fjære", "tags": ["a", {"b": [None]}]}}
        assert ben.get("list", type=Array).to_py() == [1.0, "to", b"\x00\xff", False]
        assert str(ben.get("xml", type=XmlFragment)) == '<p klass="ø">שלום</p>'

        notes.format(0, len("Tåke".encode()), {"bold": True})
        del notes[0 : len("Tåke ".encode())]
        await wait_until(lambda: str(ana.get("notes", type=Text)) == "🌫️ over fjorden")
        assert ana.get_state() == ben.get_state()


async def test_R1_pycrdt_undoes_its_own_words_only(server: RoomServer) -> None:
    async with python_client(server.url, ROOM) as ana, python_client(server.url, ROOM) as ben:
        mine, theirs = ana.get("notes", type=Text), ben.get("notes", type=Text)
        undo = UndoManager(scopes=[mine], capture_timeout_millis=0)
        undo.include_origin(ana)
        with ana.transaction(origin=ana):
            mine.insert(0, "mine ")
        await wait_until(lambda: str(theirs) == "mine ")
        theirs.insert(5, "yours")
        await wait_until(lambda: str(mine) == "mine yours")
        assert undo.undo()
        await wait_until(lambda: str(theirs) == "yours")
        assert undo.redo()
        await wait_until(lambda: str(theirs) == "mine yours")


async def test_R4_a_pycrdt_client_that_comes_late_has_all_when_it_is_synced(server: RoomServer) -> None:
    async with python_client(server.url, ROOM) as ana:
        ana.get("notes", type=Text).insert(0, "før ")
        for number in range(200):
            ana.get("environments", type=Map)[f"env_{number}"] = Map({"n": float(number)})
        async with python_client(server.url, ROOM) as ben:
            await wait_until(lambda: ben.get_state() == ana.get_state())
        async with python_client(server.url, ROOM) as late:
            assert str(late.get("notes", type=Text)) == "før "
            assert len(late.get("environments", type=Map)) == 200


async def test_R1_D1_pycrdt_clients_return_to_the_same_document_after_the_server_was_killed(
    server: RoomServer,
) -> None:
    ana: Doc[Any] = Doc()
    ben: Doc[Any] = Doc()
    async with python_client(server.url, ROOM, ana), python_client(server.url, ROOM, ben):
        ana.get("notes", type=Text).insert(0, "before ")
        await wait_until(lambda: str(ben.get("notes", type=Text)) == "before ")
        server.kill()
    ana.get("notes", type=Text).insert(0, "ana ")
    ben.get("notes", type=Text).insert(len("before "), "ben")
    server.start()
    await server.ready()
    async with python_client(server.url, ROOM, ana), python_client(server.url, ROOM, ben):
        await wait_until(lambda: str(ana.get("notes", type=Text)) == str(ben.get("notes", type=Text)))
        async with python_client(server.url, ROOM) as late:
            await wait_until(lambda: str(late.get("notes", type=Text)) == "ana before ben")


async def test_R1_what_is_written_in_the_moment_of_connecting_is_not_lost(server: RoomServer) -> None:
    """Written before the provider starts, while it waits for its first answer, and right after."""
    doc: Doc[Any] = Doc()
    words = doc.get("list", type=Array)
    words.append("before")
    async with websockets.connect(f"{server.url}/{ROOM}?user=usr_one", proxy=None) as socket:
        async with Provider(doc, SocketChannel(socket, ROOM)) as provider:
            words.append("while")
            await provider.synced.wait()
            words.append("after")
        async with python_client(server.url, ROOM) as other:
            await wait_until(lambda: other.get("list", type=Array).to_py() == ["before", "while", "after"])


async def test_R1_a_provider_whose_server_is_not_up_yet_succeeds_once_it_is(tmp_path: Path) -> None:
    server = RoomServer(tmp_path)
    doc: Doc[Any] = Doc()
    doc.get("list", type=Array).append("early")

    async def patient() -> None:
        """A person's own loop around a provider: pycrdt's does not reconnect."""
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException):
                async with python_client(server.url, ROOM, doc):
                    await asyncio.Event().wait()
            await asyncio.sleep(0.01)

    trying = asyncio.create_task(patient())
    server.start()
    try:
        await server.ready()
        async with python_client(server.url, ROOM) as other:
            await wait_until(lambda: other.get("list", type=Array).to_py() == ["early"])
    finally:
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)
        server.stop()


async def test_R1_rooms_with_other_names_are_other_documents(server: RoomServer) -> None:
    rooms = ["prj_one/environments", "prj_one/votes", "prj_two/environments"]
    async with contextlib.AsyncExitStack() as stack:
        docs = [await stack.enter_async_context(python_client(server.url, room)) for room in rooms]
        for doc, room in zip(docs, rooms, strict=True):
            doc.get("environments" if room.endswith("environments") else "other", type=Map)["name"] = room
        again = [await stack.enter_async_context(python_client(server.url, room)) for room in rooms]
        for doc, other, room in zip(docs, again, rooms, strict=True):
            name = "environments" if room.endswith("environments") else "other"
            await wait_until(lambda other=other, name=name: "name" in other.get(name, type=Map))  # type: ignore[misc]  # bound at once
            assert other.get(name, type=Map).to_py() == {"name": room}
            assert doc.get_state() == other.get_state()


class PresentClient:
    """pycrdt's Awareness on a socket of its own, wired as its documentation says."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.awareness = Awareness(Doc())
        self._socket = socket
        self._sending: set[asyncio.Task[None]] = set()
        self.awareness.observe(self._changed)

    def _changed(self, topic: str, event: tuple[dict[str, Any], Any]) -> None:
        changes, origin = event
        if topic == "update" and (origin == "local" or self.awareness.client_id in changes["removed"]):
            body = self.awareness.encode_awareness_update([self.awareness.client_id])
            task = asyncio.create_task(self._socket.send(create_awareness_message(body)))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def listen(self) -> None:
        """Take presence until the socket closes."""
        async for frame in self._socket:
            assert isinstance(frame, bytes)
            if frame[0] == 1:
                self.awareness.apply_awareness_update(read_message(frame[1:]), self)

    def moods(self) -> list[str]:
        """Of the others."""
        states = self.awareness.states.items()
        return sorted(
            state["mood"] for client, state in states if client != self.awareness.client_id and "mood" in state
        )


@contextlib.asynccontextmanager
async def present(server: RoomServer, user: str, mood: str) -> AsyncIterator[PresentClient]:
    async with websockets.connect(f"{server.url}/{ROOM}?user={user}", proxy=None) as socket:
        client = PresentClient(socket)
        await socket.send(b"\x00\x00\x01\x00")
        listening = asyncio.create_task(client.listen())
        client.awareness.set_local_state({"mood": mood})
        try:
            yield client
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def test_R6_pycrdts_awareness_and_yjs_see_each_other_come_and_go(server: RoomServer) -> None:
    """Moods in ASCII: pycrdt writes the length of a string in characters, not in bytes."""
    async with present(server, "usr_ana", "calm") as ana:
        async with present(server, "usr_ben", "busy") as ben:
            await wait_until(lambda: ana.moods() == ["busy"] and ben.moods() == ["calm"])
            async with yjs(server, "presence"):

                def node_sees() -> list[str]:
                    return [word for state in ana.awareness.states.values() for word in state.get("sees", [])]

                await wait_until(lambda: node_sees() == ["busy", "calm"])
                ben.awareness.set_local_state_field("mood", "gone fishing")
                await wait_until(lambda: node_sees() == ["calm", "gone fishing"])
            await wait_until(lambda: node_sees() == [], what="node is gone")
        await wait_until(lambda: ana.moods() == [])


async def test_R1_pycrdt_websockets_own_servers_meet_through_ours(server: RoomServer) -> None:
    """Two of its servers, whose rooms use a provider; ours is the one between them."""

    class Through:
        """What a room of theirs enters: a socket to our server and a provider on it."""

        def __init__(self, path: str, doc: Doc[Any], log: Any) -> None:
            self._path, self._doc, self._log = path, doc, log
            self._stack = contextlib.AsyncExitStack()

        async def __aenter__(self) -> Through:
            path = self._path.strip("/")
            socket = await self._stack.enter_async_context(
                websockets.connect(f"{server.url}/{path}?user=usr_server", proxy=None)
            )
            await self._stack.enter_async_context(Provider(self._doc, SocketChannel(socket, path), self._log))
            return self

        async def __aexit__(self, *_: object) -> None:
            await self._stack.aclose()

    @contextlib.asynccontextmanager
    async def theirs() -> AsyncIterator[str]:
        port = free_port()
        async with WebsocketServer(provider_factory=Through) as rooms:  # type: ignore[arg-type]  # a provider to all that matters
            web = uvicorn.Server(
                uvicorn.Config(ASGIServer(rooms), host="127.0.0.1", port=port, lifespan="off", log_level="warning")
            )
            serving = asyncio.create_task(web.serve())
            await wait_until(lambda: web.started)
            yield f"ws://127.0.0.1:{port}"
            web.should_exit = True
            await serving

    async with (
        theirs() as first,
        theirs() as second,
        python_client(first, ROOM) as ana,
        python_client(second, ROOM) as ben,
    ):
        ana.get("notes", type=Text).insert(0, "over three servers ")
        await wait_until(lambda: str(ben.get("notes", type=Text)) == "over three servers ")
        ben.get("notes", type=Text).insert(0, "og tilbake ")
        await wait_until(lambda: str(ana.get("notes", type=Text)) == "og tilbake over three servers ")
        async with python_client(server.url, ROOM) as ours:
            assert str(ours.get("notes", type=Text)) == "og tilbake over three servers "


@pytest.mark.parametrize("size", [0, 1, 200_000])
async def test_R1_pycrdt_documents_of_any_size_arrive_whole(server: RoomServer, size: int) -> None:
    doc: Doc[Any] = Doc()
    doc.get("notes", type=Text).insert(0, "å" * size)
    async with python_client(server.url, ROOM, doc), python_client(server.url, ROOM) as other:
        await wait_until(lambda: len(str(other.get("notes", type=Text))) == size)
