"""Meters for Prometheus, in a registry of our own, so that several houses in one process (tests) do not mix."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from collab.figures import Figures

LAG_PROBE_S = 0.25

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_ROOM_FIGURES: Mapping[str, tuple[str, str]] = {
    "rooms": ("rooms", "Rooms in memory on this node."),
    "sessions": ("sessions", "Connected clients."),
    "unsaved_updates": ("unsaved", "Updates applied and not yet committed."),
    "unsaved_bytes": ("unsaved_bytes", "Their size."),
    "oldest_unsaved_seconds": ("oldest_unsaved_s", "Age of the oldest of them."),
    "saving_failing_since_seconds": ("saving_failing_since", "When saving began to fail, unix time; 0 while it works."),
    "commits": ("commits", "Group commits since start."),
    "committed_updates": ("rows", "Updates committed since start."),
    "save_failures": ("save_failures", "Failed commits since start; their updates are tried again."),
    "presence_states": ("presence", "Presence states held."),
    "refused": ("refused", "Refusals since start, by the quota that was used up."),
    "presence_refused": ("presence_refused", "Presence states refused since start."),
    "resyncs": ("resyncs", "Slow readers brought up to date in one piece, among those connected."),
    "document_bytes": ("document_bytes", "Serialized size of the documents in memory."),
    "messages": ("messages", "Messages from clients since start, by kind."),
    "relay_gaps": ("relay_gaps", "Gaps seen in other nodes' streams."),
    "relay_failures": ("relay_failures", "Failed publications to other nodes."),
    "relay_messages_refused": ("relay_refused", "Messages of other nodes that could not be taken."),
    "relay_rescued": ("rescued", "Changes of other nodes that were saved here, as those nodes did not."),
    "relay_unconfirmed": ("unconfirmed", "Changes of other nodes that are not known to be saved yet."),
    "relay_cut_off_rooms": ("cut_off", "Rooms that do not reach the other nodes."),
    "relay_cut_off_seconds": ("cut_off_s", "For how long, at most."),
    "retired_rooms": ("retired", "Rooms of a former history that are not gone yet."),
    "snapshots_written": ("snapshots", "Snapshots and checkpoints written and verified since start."),
    "snapshot_failures": ("snapshot_failures", "Snapshots that could not be made or read back since start."),
    "rows_thinned": ("rows_thinned", "Rows that gave way to checkpoints since start."),
}


class Meters:
    """What this web node counts and measures."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "cyclorama_request_seconds", "Time from a request's arrival to its answer's last byte.",
            ("method", "route", "status"), registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self._sockets = Counter(
            "cyclorama_sockets_closed_total", "Websockets closed, by close code.", ("code",), registry=self.registry
        )
        self._lag = Histogram(
            "cyclorama_event_loop_lag_seconds", "How late the event loop woke a timer.", registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
        )
        self._rooms: dict[str, Gauge] = {}
        self._jobs = Gauge(
            "cyclorama_jobs", "Render jobs in the ledger, by lane and state.", ("lane", "state"), registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One HTTP request was answered; `route` is its pattern, never its path."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).observe(seconds)

    def socket_closed(self, code: int) -> None:
        """One websocket ended."""
        self._sockets.labels(str(code)).inc()

    def show_rooms(self, figures: Figures) -> None:
        """Take over the rooms' own figures as `cyclorama_…`; those counted by kind carry it as a label."""
        for name, (figure, doc) in _ROOM_FIGURES.items():
            value = getattr(figures, figure)
            labels = ("kind",) if isinstance(value, dict) else ()
            gauge = self._rooms.get(name)
            if gauge is None:
                gauge = self._rooms[name] = Gauge(f"cyclorama_{name}", doc, labels, registry=self.registry)
            if isinstance(value, dict):
                gauge.clear()
                for kind, count in value.items():
                    gauge.labels(kind).set(count)
            else:
                gauge.set(value or 0)

    def show_jobs(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Take over the ledger's counts by (lane, state)."""
        self._jobs.clear()
        for (lane, state), count in counts.items():
            self._jobs.labels(lane, state).set(count)

    def expose(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)

    async def watch_lag(self) -> None:
        """Measure the event loop's lag until cancelled."""
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(LAG_PROBE_S)
            self._lag.observe(max(0.0, time.perf_counter() - begun - LAG_PROBE_S))
