"""Hostile and unlucky clients in numbers, on plain sockets, in a process of their own.

    python -m tests.fuzz.attackers silent --count 1000 --port 8700
    python -m tests.fuzz.attackers flood --count 200 --port 8700 --path /ws/project/p/environments --rate 100 --for 8

Prints `ready` once all are connected, and at the end one line of JSON: how many the server has closed, when and how.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import select
import socket
import struct
import time
from collections import Counter
from typing import Any

from tests.fuzz.anatomy import sized, uint

UPGRADE = (
    "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n{more}\r\n"
)


def framed(payload: bytes) -> bytes:
    """A client's binary frame, with the mask that changes nothing."""
    size = len(payload)
    if size < 126:
        head = bytes((0x82, 0x80 | size))
    elif size < 65536:
        head = bytes((0x82, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x82, 0xFF)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def presence(client: int, clock: int, state: bytes) -> bytes:
    """An awareness frame about one client."""
    return framed(b"\x01" + sized(uint(1) + uint(client) + uint(clock) + sized(state)))


def opened(port: int, hello: bytes, *, small_window: bool = False) -> socket.socket:
    """A connection that has said its first words."""
    one = socket.socket()
    if small_window:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.settimeout(20)
    one.connect(("127.0.0.1", port))
    if hello:
        one.sendall(hello)
    one.setblocking(False)
    return one


def upgrade(path: str, token: str) -> bytes:
    more = f"authorization: Bearer {token}\r\n" if token else ""
    return UPGRADE.format(path=path, more=more).encode()


def wait_for_ends(sockets: list[socket.socket], seconds: float, *, deaf: bool) -> dict[str, Any]:
    """Wait until the server has closed all; the deaf do not read while they wait."""
    began = time.monotonic()
    poll = select.poll()
    by_fd = {one.fileno(): one for one in sockets}
    for fd in by_fd:
        poll.register(fd, select.POLLHUP | select.POLLERR | (select.POLLRDHUP if deaf else select.POLLIN))
    codes: Counter[str] = Counter()
    last = 0.0
    while by_fd and time.monotonic() - began < seconds:
        for fd, _ in poll.poll(200):
            try:
                data = b"" if deaf else by_fd[fd].recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                at = data.find(b"\x88")
                if data.startswith(b"HTTP/1.1 4") or data.startswith(b"HTTP/1.1 5"):
                    codes[data[9:12].decode()] += 1
                elif at >= 0 and len(data) >= at + 4:
                    codes[str(struct.unpack("!H", data[at + 2 : at + 4])[0])] += 1
                continue
            poll.unregister(fd)
            by_fd.pop(fd).close()
            last = time.monotonic() - began
    return {"closed": len(sockets) - len(by_fd), "last_s": round(last, 1), "codes": codes}


def flood(arguments: argparse.Namespace) -> dict[str, Any]:
    """Presence at a rate, on every connection, about ids of one's own and of others; all that comes is read away."""
    sockets = []
    for at in range(arguments.count):
        path = f"{arguments.path}?user=usr_{at % arguments.users}"
        sockets.append(opened(arguments.port, upgrade(path, arguments.token)))
    print("ready", flush=True)
    state = b'{"cursor":"' + b"x" * max(0, arguments.bytes - 14) + b'"}'
    began = time.monotonic()
    sent = dropped = 0
    unsent: dict[int, bytes] = {}
    poll = select.poll()
    by_fd = {one.fileno(): one for one in sockets}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    clock = 0
    codes: Counter[str] = Counter()
    while (now := time.monotonic() - began) < arguments.seconds and by_fd:
        if clock < now * arguments.rate:
            clock += 1
            for at, one in enumerate(sockets):
                if one.fileno() < 0:
                    continue
                about = 10**6 + at * 100 + clock % 20 if clock % 4 else 1 + clock % 50
                rest = unsent.pop(at, b"")
                frame = rest or presence(about, 2**53 - 1 if clock % 50 == 0 else clock, state)
                try:
                    taken = one.send(frame)
                    if taken < len(frame):
                        unsent[at] = frame[taken:]
                    sent += not rest
                except BlockingIOError:
                    if rest:
                        unsent[at] = rest
                    dropped += 1
                except OSError:
                    pass
        for fd, _ in poll.poll(0 if clock < now * arguments.rate else 2):
            try:
                data = by_fd[fd].recv(2**20)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                poll.unregister(fd)
                by_fd.pop(fd).close()
            elif data[:1] == b"\x88":
                codes[str(struct.unpack("!H", data[2:4])[0])] += 1
    took = time.monotonic() - began
    return {"sent": sent, "per_s": round(sent / took), "dropped": dropped, "left": len(by_fd), "codes": codes}


def main() -> None:
    """Attack."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["silent", "half", "stranger", "deaf", "pinging", "flood"])
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/ws/project/prj_none/environments")
    parser.add_argument("--token", default="")
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--bytes", type=int, default=60)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    if arguments.kind == "flood":
        print(json.dumps(flood(arguments)), flush=True)
        return
    hello = {
        "silent": b"", "half": b"GET /api/v1/proj",
        "stranger": upgrade(arguments.path, "a-token-that-nobody-has-0123456789"),
        "deaf": upgrade(arguments.path, arguments.token),
        "pinging": upgrade(arguments.path, arguments.token),
    }[arguments.kind]  # fmt: skip
    deaf = arguments.kind == "deaf"
    sockets = [opened(arguments.port, hello, small_window=deaf) for _ in range(arguments.count)]
    print("ready", flush=True)
    if arguments.kind == "pinging":
        pings = (bytes((0x89, 0x80)) + bytes(4)) * 10_000
        time.sleep(0.5)  # the server says 101 before frames may come
        for one in sockets:
            one.setblocking(True)
            with contextlib.suppress(OSError):
                one.sendall(pings)
            one.setblocking(False)
    print(json.dumps(wait_for_ends(sockets, arguments.seconds, deaf=deaf)), flush=True)


if __name__ == "__main__":
    main()
