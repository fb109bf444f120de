"""Deadlines at the door: who opens a connection must say what they want, soon. On a real server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from api import deadlines
from tests.helpers.waiting import wait_until


@contextlib.asynccontextmanager
async def serving(most: int = 1000, body_bytes: int = 100_000) -> AsyncIterator[tuple[int, type[deadlines.Door]]]:
    """A server with one slow page; its port and its door."""

    async def app(scope: dict, receive, send) -> None:  # type: ignore[no-untyped-def,type-arg]  # ASGI
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % body_bytes)]})
        await send({"type": "http.response.body", "body": b"x" * body_bytes})

    way_in = deadlines.door(most)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(256)
    server = uvicorn.Server(uvicorn.Config(app, http=way_in, lifespan="off", log_config=None, access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await wait_until(lambda: server.started)
    try:
        yield listening.getsockname()[1], way_in
    finally:
        server.should_exit = True
        await task


async def said(port: int, data: bytes) -> bytes:
    """What the server answers until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("data", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\n", b"GET / HTTP/1.1\r\na"])
async def test_R3_a_head_that_does_not_come_ends_the_connection(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "HEAD_WITHIN_S", 0.2)
    async with serving() as (port, way_in):
        assert (await said(port, data)).startswith(b"HTTP/1.1 408")
        await wait_until(lambda: not way_in.silent)


async def test_R3_a_body_that_does_not_come_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "BODY_WITHIN_S", 0.2)
    monkeypatch.setattr(deadlines, "HEAD_WITHIN_S", 0.2)
    async with serving(body_bytes=10) as (port, way_in):
        await said(port, b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf")
        assert way_in.turned_away == {"body_late": 1}


async def test_R3_the_second_request_of_a_connection_has_a_deadline_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "HEAD_WITHIN_S", 0.2)
    async with serving(body_bytes=10) as (port, way_in):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await reader.readuntil(b"x" * 10)
        writer.write(b"GET /again HT")
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 408")
        writer.close()
        assert way_in.turned_away == {"head_late": 1}


async def test_R3_a_head_without_end_is_cut() -> None:
    async with serving() as (port, way_in):
        await said(port, b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 500_000)
        assert way_in.turned_away == {"head_too_large": 1}


async def test_R3_who_does_not_take_the_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "STALLED_S", 0.2)
    async with serving(body_bytes=30 * 2**20) as (port, way_in):
        with socket.create_connection(("127.0.0.1", port)) as lazy:
            lazy.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            await wait_until(lambda: way_in.turned_away == {"stalled": 1})


async def test_R3_those_who_say_nothing_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "MOST_SILENT", 20)
    async with serving(body_bytes=10) as (port, way_in):
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
        try:
            await wait_until(lambda: way_in.turned_away.get("silent", 0) == 40)
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
        finally:
            for one in silent:
                one.close()
        await wait_until(lambda: not way_in.silent)


async def test_R3_above_what_may_be_open_newcomers_hear_503() -> None:
    async with serving(most=10, body_bytes=10) as (port, _):
        busy = [socket.create_connection(("127.0.0.1", port)) for _ in range(10)]
        try:
            answer = await said(port, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 503") or not answer
        finally:
            for one in busy:
                one.close()
        async with httpx.AsyncClient(trust_env=False) as client:
            await wait_until(lambda: answers(client, port))


async def answers(client: httpx.AsyncClient, port: int) -> bool:
    """Whether the server takes a request."""
    try:
        return (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
    except httpx.TransportError:
        return False


def test_descriptors_are_raised_to_what_the_system_allows() -> None:
    assert deadlines.raise_descriptor_limit() >= 64
