"""Who is here: the newest presence state per client, bound to the connection that may speak for it.

Pure bookkeeping, no sending. States are kept as the bytes that go on the wire and are spliced into frames; JSON is read
once, when a state comes in, to check that nobody wears another person's name. A client id belongs to the first
connection that speaks for it, and then to the newest connection of the same user that introduces itself with it. What
others repeat about it is ignored: y-websocket echoes everybody's presence. What another tab of its user repeats is
heard when it is news, but the client stays, and goes, with its own connection.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from collab.codec import MAX_UINT, PresenceEntry, presence_bytes
from collab.errors import ProtocolError, TooLargeError

GONE = b"null"
_TOMBSTONES = 1024


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: a session of this node under its user, or (user empty) another node."""

    id: str
    user: str = ""
    name: str = ""
    color: str = ""


@dataclass(slots=True)
class _Held:
    clock: int
    state: bytes
    encoded: bytes
    speaker: Speaker
    heard_at: float


@dataclass(frozen=True, slots=True)
class _Gone:
    clock: int
    was_local: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an awareness update: whose presence changed, and entries to answer the sender with."""

    changed: list[int]
    answers: list[bytes]


class Presence:
    """The presence of one room.

    Args:
        state_bytes: largest state taken, in bytes.
        ids_per_session: client ids that one speaker may hold.
    """

    def __init__(self, *, state_bytes: int, ids_per_session: int) -> None:
        self._state_bytes = state_bytes
        self._ids_per_session = ids_per_session
        self._held: dict[int, _Held] = {}
        self._gone: OrderedDict[int, _Gone] = OrderedDict()
        self._of: dict[str, set[int]] = {}
        self._heard: set[str] = set()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._held)

    def take(self, speaker: Speaker, entries: Iterable[PresenceEntry], now: float) -> Taken:
        """Take what a session says about the clients behind it.

        Raises:
            ProtocolError: a state that is not a JSON object or null.
            TooLargeError: a state above the limit.
        """
        changed: list[int] = []
        answers: list[bytes] = []
        entries = list(entries)
        # A connection speaks of its own client first, and of it alone; whatever comes later may be repeated.
        introduces_itself = speaker.id not in self._heard and len(entries) == 1
        self._heard.add(speaker.id)
        for entry in entries:
            held = self._held.get(entry.client)
            if held is not None and entry.state != GONE and self._comes_over(held, speaker):
                # Its old node may have died, and would not say that it left. Told that it is gone, it says that it is
                # here with a clock above all that anybody heard.
                clock = _after(max(held.clock, entry.clock))
                self._forget(entry.client, clock)
                answers.append(presence_bytes(PresenceEntry(entry.client, clock, GONE)))
                changed.append(entry.client)
                continue
            owner = speaker
            is_known = held is not None and held.speaker.id == speaker.id and held.state == entry.state
            if held is not None and held.speaker.id != speaker.id:
                if held.speaker.user != speaker.user:
                    self.refused += entry.clock > held.clock
                    continue  # an echo, or a forgery
                if introduces_itself and entry.state != GONE:
                    self._own(entry.client, speaker)
                else:
                    owner = held.speaker  # a tab that repeats what another has told it
                    if entry.clock <= held.clock:
                        continue
            elif held is None:
                if entry.state == GONE or not self._has_room_for(speaker):
                    continue
                last = self._gone.get(entry.client)
                if last is not None and entry.clock <= last.clock:
                    # A client that returns with its old clock would stay invisible to those who saw it leave. Told
                    # that it is gone, it raises its clock and says that it is here.
                    answers.append(presence_bytes(PresenceEntry(entry.client, last.clock, GONE)))
                    continue
            if held is not None and entry.clock <= held.clock and not (
                entry.state == GONE and entry.clock == held.clock
            ):
                continue
            if entry.state == GONE:
                self._forget(entry.client, entry.clock)
            else:
                state = entry.state if is_known else self._checked(owner, entry.state)
                self._hold(PresenceEntry(entry.client, entry.clock, state), owner, now)
            changed.append(entry.client)
        return Taken(changed, answers)

    def take_remote(self, node: str, entries: Iterable[PresenceEntry], now: float) -> list[int]:
        """Take what another node says; it has checked its own sessions. Returns the clients that changed."""
        speaker = Speaker(f"node:{node}")
        changed = []
        for entry in entries:
            held = self._held.get(entry.client)
            if held is not None and (not held.speaker.id.startswith("node:") or entry.clock < held.clock):
                continue
            if entry.state == GONE:
                if held is None:
                    continue
                self._forget(entry.client, entry.clock)
            else:
                if held is not None and held.clock == entry.clock and held.state == entry.state:
                    self._hold(entry, speaker, now)
                    continue
                self._hold(entry, speaker, now)
            changed.append(entry.client)
        return changed

    def speaker_of(self, client: int) -> str:
        """Who speaks for a client; empty when nobody does."""
        held = self._held.get(client)
        return held.speaker.id if held is not None else ""

    def set_own(self, client: int, state: dict[str, Any] | None) -> bool:
        """Set or clear the server's own state. Returns whether there is something to tell."""
        held = self._held.get(client)
        if state is None:
            if held is None:
                return False
            self._forget(client, _after(held.clock))
            return True
        gone = self._gone.get(client)
        clock = (held.clock if held is not None else gone.clock if gone is not None else 0) + 1
        raw = json.dumps(state, separators=(",", ":"), ensure_ascii=False).encode()
        self._hold(PresenceEntry(client, clock, raw), Speaker("server"), 0.0)
        return True

    def drop(self, speaker_id: str) -> list[int]:
        """Clear everything a speaker held, as when its connection closes. Returns those clients."""
        self._heard.discard(speaker_id)
        clients = list(self._of.get(speaker_id, ()))
        for client in clients:
            self._forget(client, _after(self._held[client].clock))
        return clients

    def expire_remote(self, before: float) -> list[int]:
        """Clear other nodes' clients not heard of since a moment. Returns those clients."""
        stale = [c for c, held in self._held.items() if held.speaker.id.startswith("node:") and held.heard_at < before]
        for client in stale:
            self._forget(client, _after(self._held[client].clock))
        return stale

    def encoded(self, clients: Iterable[int]) -> list[bytes]:
        """Wire entries of the given clients: their state, or that they are gone."""
        out = []
        for client in clients:
            held = self._held.get(client)
            if held is not None:
                out.append(held.encoded)
            elif client in self._gone:
                out.append(presence_bytes(PresenceEntry(client, self._gone[client].clock, GONE)))
        return out

    def recalled(self) -> tuple[dict[str, list[bytes]], list[int]]:
        """What makes all who are here say so with a higher clock.

        Who was away has let go of the others' states but not of their clocks, and takes no notice of a state it hears
        with a clock it knows. A client that is told it is gone raises its clock; the server's own is raised here.

        Returns:
            Per speaker, entries that say its own clients are gone; and the server's own clients.
        """
        entries: dict[str, list[bytes]] = {}
        own = []
        for client, held in list(self._held.items()):
            if held.speaker.user:
                gone = presence_bytes(PresenceEntry(client, held.clock, GONE))
                entries.setdefault(held.speaker.id, []).append(gone)
            elif held.speaker.id == "server":
                self._hold(PresenceEntry(client, held.clock + 1, held.state), held.speaker, held.heard_at)
                own.append(client)
        return entries, own

    def everybody(self) -> list[bytes]:
        """Wire entries of all who are here."""
        return [held.encoded for held in self._held.values()]

    def clients(self) -> set[int]:
        """Ids of all who are here."""
        return set(self._held)

    def relayed(self, clients: Iterable[int] | None = None) -> list[int]:
        """Which of these clients (default: all who are here) other nodes hear about from this one: those of its own
        sessions, here or just gone; neither other nodes' nor the server's own."""
        if clients is None:
            return [client for client, held in self._held.items() if held.speaker.user]
        out = []
        for client in clients:
            held, gone = self._held.get(client), self._gone.get(client)
            if (held is not None and held.speaker.user) or (held is None and gone is not None and gone.was_local):
                out.append(client)
        return out

    def is_spoken_for(self, client: int, speaker_id: str) -> bool:
        """Whether it is this speaker's words about the client that are shown."""
        return client in self._of.get(speaker_id, ())

    def _comes_over(self, held: _Held, speaker: Speaker) -> bool:
        """Whether a client that another node showed now speaks here: the first word of a connection of the same user.
        Later words about it are echoes, as of another tab of theirs."""
        if not held.speaker.id.startswith("node:") or speaker.id in self._of:
            return False
        try:
            return bool(json.loads(held.state)["user"]["id"] == speaker.user)
        except (ValueError, RecursionError, LookupError, TypeError):
            return False

    def _has_room_for(self, speaker: Speaker) -> bool:
        mine = len(self._of.get(speaker.id, ()))
        if mine >= self._ids_per_session:
            self.refused += 1
        return mine < self._ids_per_session

    def _hold(self, entry: PresenceEntry, speaker: Speaker, now: float) -> None:
        self._gone.pop(entry.client, None)
        self._own(entry.client, speaker)
        self._held[entry.client] = _Held(entry.clock, entry.state, presence_bytes(entry), speaker, now)

    def _forget(self, client: int, clock: int) -> None:
        self._disown(client)
        held = self._held.pop(client, None)
        self._gone[client] = _Gone(clock, held is not None and bool(held.speaker.user))
        self._gone.move_to_end(client)
        if len(self._gone) > _TOMBSTONES:
            self._gone.popitem(last=False)

    def _own(self, client: int, speaker: Speaker) -> None:
        self._disown(client)
        self._of.setdefault(speaker.id, set()).add(client)
        held = self._held.get(client)
        if held is not None:
            held.speaker = speaker

    def _disown(self, client: int) -> None:
        held = self._held.get(client)
        if held is not None:
            mine = self._of[held.speaker.id]
            mine.discard(client)
            if not mine:
                del self._of[held.speaker.id]

    def _checked(self, speaker: Speaker, raw: bytes) -> bytes:
        """The state with its `user` made true; the same bytes when it was."""
        if len(raw) > self._state_bytes:
            raise TooLargeError(f"a presence state of {len(raw)} bytes; {self._state_bytes} is the limit")
        try:
            state = json.loads(raw.decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise ProtocolError("a presence state that is not JSON") from None
        if not isinstance(state, dict):
            raise ProtocolError("a presence state that is not a JSON object")
        said = state.get("user")
        if said is None:
            return raw
        said = said if isinstance(said, dict) else {}
        true = {**said, "id": speaker.user, "name": speaker.name, "color": said.get("color") or speaker.color}
        if true == said:
            return raw
        self.refused += "id" in said and said["id"] != speaker.user
        return json.dumps({**state, "user": true}, separators=(",", ":"), ensure_ascii=False).encode()


def _after(clock: int) -> int:
    """The clock with which somebody is gone. At the largest it stays: with it, too, clients let go of a state."""
    return min(clock + 1, MAX_UINT)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
