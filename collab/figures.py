"""How the rooms of a process are doing, in numbers: for /metrics and for the health of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collab.compaction import Compactor
from collab.fanout import Fanout
from collab.quotas import Quotas
from collab.retention import Retention
from collab.room import Room
from collab.saving import Saver


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at the counts; `messages` and `presence_refused` count what rooms that have gone saw, too."""

    rooms: dict[str, int]
    sessions: dict[str, int]
    unsaved: int
    unsaved_bytes: int
    oldest_unsaved_s: float
    saving_failing_since: float | None
    saving_trouble: str
    commits: int
    rows: int
    save_failures: int
    presence: int
    presence_refused: int
    refused: dict[str, int]
    resyncs: int
    document_bytes: int
    messages: dict[str, int]
    relay_gaps: int
    relay_failures: int
    relay_refused: int
    rescued: int
    cut_off: int
    cut_off_s: float
    unconfirmed: int
    retired: int
    snapshots: int
    snapshot_failures: int
    rows_thinned: int


def figures_of(
    live: Sequence[Room],
    retired: Sequence[Room],
    saver: Saver,
    quotas: Quotas,
    compactor: Compactor,
    retention: Retention,
    *,
    messages: Mapping[str, int],
    presence_refused: int,
    now: float,
) -> Figures:
    """Add up.

    Args:
        live: rooms in memory.
        retired: rooms of former histories that are being seen off; their messages have been counted.
        messages, presence_refused: of rooms that have gone.
        now: unix seconds.
    """
    rooms: dict[str, int] = {}
    sessions: dict[str, int] = {}
    said = dict(messages)
    everywhere = [*live, *retired]
    for room in everywhere:
        kind = room.doc_id.kind
        rooms[kind] = rooms.get(kind, 0) + 1
        sessions[kind] = sessions.get(kind, 0) + len(room.sessions)
    for room in live:
        for name, count in room.counts.items():
            said[name] = said.get(name, 0) + count
    oldest = [room.oldest_unsaved_at for room in everywhere if room.oldest_unsaved_at is not None]
    wires = [room.wire for room in everywhere if isinstance(room.wire, Fanout)]
    return Figures(
        rooms=rooms,
        sessions=sessions,
        unsaved=sum(room.unsaved for room in everywhere),
        unsaved_bytes=sum(room.unsaved_bytes for room in everywhere),
        oldest_unsaved_s=max(0.0, now - min(oldest)) if oldest else 0.0,
        saving_failing_since=saver.failing_since,
        saving_trouble=saver.trouble,
        commits=saver.commits,
        rows=saver.rows,
        save_failures=saver.failures,
        presence=sum(len(room.presence) for room in everywhere),
        presence_refused=presence_refused + sum(room.presence.refused for room in live),
        refused=dict(quotas.refused),
        resyncs=sum(session.resyncs for room in everywhere for session in room.sessions.values()),
        document_bytes=sum(room.replica.bytes for room in everywhere),
        messages=said,
        relay_gaps=sum(wire.gaps for wire in wires),
        relay_failures=sum(wire.failures for wire in wires),
        relay_refused=sum(wire.refused for wire in wires),
        rescued=sum(wire.rescued for wire in wires),
        cut_off=sum(wire.is_cut_off for wire in wires),
        cut_off_s=max((wire.cut_off_s for wire in wires), default=0.0),
        unconfirmed=sum(wire.unconfirmed for wire in wires),
        retired=len(retired),
        snapshots=compactor.written,
        snapshot_failures=compactor.failures,
        rows_thinned=retention.removed,
    )
