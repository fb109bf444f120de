"""The limits and rhythms of living documents, as one typed value."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class CollabConfig:
    """Every field has a default that suits a studio; tests and tools pass their own.

    Raises:
        ValueError: a field is negative or zero where that makes no sense.
    """

    max_frame_bytes: int = 8 * 2**20
    """Largest frame taken from a client; above it the connection is closed with 4413."""
    max_update_bytes: int = 4 * 2**20
    """Largest single update taken from a client."""
    max_document_bytes: int = 64 * 2**20
    """Serialized size above which a document takes no more client updates."""
    messages_per_s: float = 500.0
    """Sustained messages per second from one connection; above it 4429."""
    messages_burst: float = 3000.0
    """Messages that may come at once, such as after a partition."""
    bytes_per_s: float = 2 * 2**20
    """Sustained bytes per second from one connection."""
    bytes_burst: float = 32 * 2**20
    """Bytes that may come at once."""

    sockets_per_user: int = 2500
    """Connections of one person to this process (a studio may work behind one account); above it 4429."""
    sockets_per_project: int = 5000
    """Connections to one project on this process; above it 4429."""
    user_messages_per_s: float = 5000.0
    """Sustained messages per second of all connections of one person (ten writers of 200/s are 2,000); else 4429."""
    user_messages_burst: float = 50_000.0
    """Messages of all connections of one person that may come at once."""
    user_bytes_per_s: float = 8 * 2**20
    """Sustained bytes per second of all connections of one person."""
    user_bytes_burst: float = 256 * 2**20
    """Bytes of all connections of one person that may come at once."""
    project_messages_per_s: float = 20_000.0
    """Sustained messages per second in one project; above it those who sent most are closed with 4429."""
    project_messages_burst: float = 200_000.0
    """Messages in one project that may come at once."""
    project_bytes_per_s: float = 32 * 2**20
    """Sustained bytes per second in one project."""
    project_bytes_burst: float = 1024 * 2**20
    """Bytes in one project that may come at once."""
    max_project_bytes: int = 128 * 2**20
    """Size of a project's documents together above which none of them takes more client updates (4413)."""

    fanout_share: float = 0.12
    """Share of the loop that one room may spend on sending: after a flush that took t, the next waits t / share."""
    fanout_pause_max_s: float = 0.005
    """The longest a change waits to be merged with others under load."""
    outbox_bytes: int = 2**20
    """Bytes queued for a reader that does not keep up, before they collapse to one resync."""
    outbox_frames: int = 256
    """Frames queued for a reader that does not keep up, before they collapse to one resync."""
    stall_s: float = 30.0
    """A reader that takes nothing for this long is closed with 1013."""
    close_timeout_s: float = 2.0
    """How long a closing handshake may take before the connection is let go of."""
    pulse_s: float = 10.0
    """A client that heard nothing for this long is sent an empty presence frame (y-websocket drops silent servers)."""

    presence_hz: float = 20.0
    """Presence frames per second and room, at most."""
    presence_bytes_per_s: float = 32 * 2**20
    """Presence sent to all people of a room per second, at most; above it presence comes less often."""
    presence_state_bytes: int = 16 * 1024
    """Largest presence state of one client."""
    presence_ids_per_session: int = 8
    """Client ids that one connection may speak for (tabs that share a browser speak for each other)."""
    presence_remote_ttl_s: float = 45.0
    """Presence from another node that is not refreshed for this long is cleared (clients refresh every 15 s)."""

    save_share: float = 0.5
    """Share of the time spent on commits: after one that took t, the next waits so that it carries more. One that comes
    after a quiet moment begins at once."""
    save_pause_max_s: float = 0.02
    """The longest a change waits for the next commit to begin."""
    save_retry_min_s: float = 0.1
    """First pause after a failed save; doubles up to `save_retry_max_s`."""
    save_retry_max_s: float = 5.0
    """Longest pause between attempts to save."""
    save_warn_s: float = 3.0
    """A save that takes this long is shown to people as failing, while it goes on."""
    save_timeout_s: float = 30.0
    """A save that hangs this long counts as failed and is tried again."""
    save_batch_bytes: int = 8 * 2**20
    """Bytes that go into one commit; the rest goes into the next."""
    save_batch_changes: int = 4000
    """Changes that go into one commit; the rest goes into the next."""
    save_refusals: int = 3
    """Times that the database may refuse a batch, reachable as it is, before the documents are tried one by one."""
    save_refused_retry_s: float = 60.0
    """Longest pause between attempts to save a document whose rows the database refuses."""
    unsaved_max_bytes: int = 128 * 2**20
    """Unsaved changes that this process keeps at most, by memory; above it client updates are refused with 1013."""

    idle_unload_s: float = 30.0
    """A room with nobody in it and nothing unsaved leaves memory after this long."""
    snapshot_rows: int = 500
    """Log rows after which a document gets a merged snapshot."""
    snapshot_bytes: int = 2**20
    """Log bytes after which a document gets a merged snapshot."""
    snapshot_age_s: float = 6 * 3600.0
    """Two or more rows that have waited this long for a snapshot get one."""
    snapshot_close_rows: int = 50
    """Log rows after which a room that leaves memory writes a snapshot."""
    compact_every_s: float = 60.0
    """How often all documents of the store are looked through, in memory or not."""
    checkpoint_rows: int = 5000
    """Older snapshots are kept this many rows apart, so that looking back need not replay from the beginning."""
    history_days: float = 0.0
    """Raw rows are kept at least so many days, and give way to one checkpoint a day then; 0 keeps them for ever."""
    epoch_check_s: float = 2.0
    """How often rooms in memory ask whether their document has another history by now."""
    epoch_entry_s: float = 0.25
    """Tools that edit a room wait for that question if it was last asked longer ago than this; clients always do."""
    merge_in_process_bytes: int = 16 * 1024
    """Merges above this leave the event loop for another process (pycrdt holds the GIL; 16 KiB take some 20 ms)."""
    unconfirmed_s: float = 20.0
    """A change of another node that it does not confirm as saved within this time is saved here too."""
    unconfirmed_bytes: int = 8 * 2**20
    """Bytes of other nodes' changes kept per room until they are confirmed; above it the oldest are saved here."""
    silent_s: float = 6.0
    """A node that has unsaved changes speaks every 2 s; what one that was silent for this long left is saved here."""
    reconcile_s: tuple[float, ...] = (0.0, 0.5, 2.0, 8.0, 30.0)
    """After a gap in another node's stream, when to read the log for what was missed."""
    reconcile_every_s: float = 60.0
    """How often a room with people in it reads the log without a reason."""
    cut_off_patience_s: float = 1.0
    """How long other nodes may be out of reach before people are told."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (int, float)) and value < 0:
                raise ValueError(f"CollabConfig.{field.name} is {value}: it cannot be negative")
        for name in (
            "max_frame_bytes", "max_update_bytes", "fanout_share", "save_share", "presence_hz", "presence_bytes_per_s",
            "pulse_s", "outbox_frames",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"CollabConfig.{name} must be above zero")
