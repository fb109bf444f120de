"""`cyclorama serve`: bind first, open the house, serve until told to stop, close the house."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
import uvloop
from fastapi import FastAPI

from api.app import create_app
from api.auth import sign_in_link
from api.deadlines import door, raise_descriptor_limit
from api.owner import ensure_owner
from api.settings import Settings
from api.wire import FrameSocket
from collab.config import CollabConfig

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 2


class CannotListenError(Exception):
    """The address or port cannot be bound; says why and what to do."""


class Server(uvicorn.Server):
    """Uvicorn that says when it answers and leaves signals to us: its own way would end us before the house closes."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[], None]) -> None:
        super().__init__(config)
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._greet()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Run the server until SIGINT or SIGTERM.

    Args:
        settings: host, port and all the rest.
        announce: called once with the owner's sign-in URL when the server answers.

    Raises:
        CannotListenError: the port is taken or not allowed.
        StoreError: a service cannot be reached; says which, and the mend.
    """
    listening = bind(settings.host, settings.port)
    _collect_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(settings, listening, announce))
        finally:
            listening.close()


def _collect_rarely() -> None:
    """What has been imported stays: it is not looked through at every collection, which would hold up the loop."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


async def _serve(settings: Settings, listening: socket.socket, announce: Callable[[str], None]) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        link = await sign_in_link(app.state.house, await ensure_owner(app.state.house))
        await Server(config_of(app, settings), lambda: announce(link)).serve(sockets=[listening])
        logger.info("server.stopping node=%s", settings.node)


def config_of(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=settings.host, port=settings.port, lifespan="off", log_config=None, access_log=False,
        http=door(raise_descriptor_limit()), ws=FrameSocket, ws_max_size=CollabConfig().max_frame_bytes,
        # Updates are small and already dense: deflating them costs more CPU than the bytes are worth.
        ws_per_message_deflate=False, server_header=False, timeout_graceful_shutdown=STOP_WITHIN_S,
        proxy_headers=True, forwarded_allow_ips=settings.trusted_proxies, timeout_keep_alive=30,
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        CannotListenError: the port is taken or not allowed, or the host is no address of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(2048)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise CannotListenError(
            f"cannot listen on {host}:{port}: {error.strerror or error}. Is another server running there? "
            "Choose another port with --port"
        ) from error
    listening.setblocking(False)
    return listening
