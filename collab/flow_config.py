"""The rhythm of edits becoming pictures, as one typed value."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowConfig:
    """Every field has a default that suits people dragging sliders; tests pass their own.

    Raises:
        ValueError: a field is not above zero.
    """

    quiet_s: float = 1.0
    """An environment nobody has touched for this long is rendered at its quality."""
    preview_first_s: float = 3.0
    """A settled picture is not asked for, at most this long, while a preview of its environment is drawn: on a small
    machine the two would share its cores, and what people wait for came later."""
    preview_rest_s: float = 0.5
    """And not for this long after a preview is over: who sees it often goes on changing what it shows."""
    preview_gap_s: float = 0.03
    """Previews of one environment are asked for at most this often."""
    preview_after_s: float = 0.12
    """A preview that no worker has begun after this long makes room for a newer one."""
    preview_patience_s: float = 1.0
    """A preview that a worker is drawing is left this long to show its first picture, or a drag over slow ground would
    cancel every preview and show none."""
    previewed_slots: int = 4
    """Views of one environment that get previews at one time; those most looked at come first."""
    retry_s: float = 2.0
    """Pause before asking again a farm or store that did not answer."""
    heal_batch: int = 8
    """Environments looked through at one go when a room opens."""
    heal_pause_s: float = 0.05
    """Pause between two such goes: people who open a large project come first."""
    presence_hz: float = 10.0
    """How often the farm's progress is shown in one room, at most. Previews do not wait for it."""
    shown_jobs: int = 200
    """Jobs shown in one room's presence; those running come first."""
    shown_previews: int = 64
    """Previews kept in one room's presence; the oldest goes first."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"FlowConfig.{field.name} must be above zero, not {getattr(self, field.name)}")
