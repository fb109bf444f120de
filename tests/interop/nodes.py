"""Several nodes of ours behind one port, over one log and one relay: `/node1/ws/project/…`, `/node2/ws/project/…`.

    python -m tests.interop.nodes --port 8701 --data DIR --nodes 2 [--redis redis://…]

Without Redis the relay is the in-process one. The rooms of two nodes know of each other only through relay and log.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute

from collab.config import CollabConfig
from collab.rooms import Rooms
from store.config import StoreConfig
from store.opening import open_stores
from store.relay.memory import MemoryRelay
from store.relay.redis import RedisRelay
from tests.collab.sync.app import RoomEndpoint, make_server


def make_nodes(data: Path, count: int, redis_url: str | None) -> Starlette:
    """One app that holds `count` nodes."""
    parts = [Starlette(routes=[WebSocketRoute("/ws/project/{project}/{kind}", RoomEndpoint)]) for _ in range(count)]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        config = StoreConfig(database_url=f"sqlite:///{data}/cyclorama.db", objects_url=f"file://{data}/objects")
        async with open_stores(config) as stores:
            relay = RedisRelay(redis_url) if redis_url else MemoryRelay()
            for number, part in enumerate(parts, 1):
                part.state.rooms = Rooms(stores.log, relay, CollabConfig(), f"node-{number}")
            yield
            await asyncio.gather(*(part.state.rooms.close() for part in parts))
            await relay.close()

    async def figures(_: Request) -> JSONResponse:
        return JSONResponse({"nodes": count})

    mounts = [Mount(f"/node{number}", part) for number, part in enumerate(parts, 1)]
    return Starlette(routes=[Route("/figures", figures), *mounts], lifespan=lifespan)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--redis")
    arguments = parser.parse_args()
    arguments.data.mkdir(parents=True, exist_ok=True)
    app = make_nodes(arguments.data, arguments.nodes, arguments.redis)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(make_server(app, arguments.port).serve())


if __name__ == "__main__":
    main()
