"""The smallest web server around rooms: what the api does without accounts. For interop, faults and the bench.

    python -m tests.collab.sync.app --port 8701 --data DIR [--memory]

`/ws/project/<project>/<kind>?user=<id>&role=<role>&epoch=<n>`; the user and role are taken at their word.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from api.wire import FrameSocket, socket_of
from collab.config import CollabConfig
from collab.rooms import DocumentLog, Rooms
from collab.session import Principal, Role, serve
from store.config import StoreConfig
from store.ids import DocId
from store.opening import open_stores
from tests.collab.sync.memory_log import MemoryLog


class RoomEndpoint:
    """The websocket route."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send

    def __await__(self) -> Any:
        return self.run().__await__()

    async def run(self) -> None:
        socket = WebSocket(self.scope, self.receive, self.send)
        rooms: Rooms = socket.app.state.rooms
        asked = socket.query_params
        role = cast(Role, asked.get("role", "editor"))
        principal = Principal(asked.get("user", "usr_guest"), asked.get("name", "Guest"), "#888888", role)
        offered = self.scope["subprotocols"] or [None]
        await socket.accept(subprotocol=offered[0])
        doc_id = DocId.parse(f"{socket.path_params['project']}/{socket.path_params['kind']}")
        epoch = int(asked["epoch"]) if "epoch" in asked else None
        async with rooms.use(doc_id) as room:
            await serve(room, socket_of(self.scope), principal, epoch=epoch)


async def figures(request: Request) -> JSONResponse:
    """How the rooms are doing."""
    return JSONResponse(asdict(request.app.state.rooms.figures()))


def make_app(data: Path | None, config: CollabConfig | None = None, database_url: str | None = None) -> Starlette:
    """The app over a SQLite file in `data`, or over memory when there is none."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            log: DocumentLog = MemoryLog()
            if data is not None:
                url = database_url or f"sqlite:///{data}/cyclorama.db"
                stores = await stack.enter_async_context(
                    open_stores(StoreConfig(database_url=url, objects_url=f"file://{data}/objects"))
                )
                log = stores.log
            app.state.rooms = Rooms(log, None, config or CollabConfig(), "node-1")
            yield
            await app.state.rooms.close()

    return Starlette(
        routes=[WebSocketRoute("/ws/project/{project}/{kind}", RoomEndpoint), Route("/figures", figures)],
        lifespan=lifespan,
    )


def make_server(app: Starlette, port: int, fd: int | None = None) -> uvicorn.Server:
    """uvicorn as the real server runs it."""
    return uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, fd=fd, loop="uvloop", http="httptools", ws=FrameSocket,
            ws_per_message_deflate=False, ws_max_size=CollabConfig().max_frame_bytes, log_level="warning",
            lifespan="on",
        )
    )  # fmt: skip


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    if arguments.data is not None:
        arguments.data.mkdir(parents=True, exist_ok=True)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(make_server(make_app(arguments.data), arguments.port).serve())


if __name__ == "__main__":
    main()
