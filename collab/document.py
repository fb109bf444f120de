"""Where each record lies in the Y tree of an environments document; nothing else in the house knows.

Names and shapes are the public contract of DESIGN §3: other clients read and write the same tree. Reading tolerates
whatever a newer or hostile client left there. Writing validates the whole edit before its first write, because a CRDT
transaction cannot be rolled back; it is called from inside `Room.edit`, which supplies the transaction and the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pycrdt import Doc, Map

from collab.checks import (
    check_axis,
    check_camera,
    check_description,
    check_location_type,
    check_name,
    check_parameter,
    check_parameters,
    check_quality,
    check_scene,
    check_style,
    check_style_entry,
    check_tag_entry,
    check_tags,
    check_text,
)
from collab.reading import read_environment
from collab.schema import (
    BASE,
    MAX_CAMERAS,
    MAX_ENVIRONMENTS,
    MAX_NAME_CHARS,
    MAX_SCENES,
    MAX_STYLE_KEYS,
    MAX_TAGS,
    MAX_VARIATIONS,
    SCHEMA_VERSION,
    SUBMAPS,
    WHOLE,
    EnvironmentView,
    InvalidEditError,
    LimitError,
    NewEnvironment,
    NoSuchRecordError,
    Problem,
)
from render.archetypes import INDOORS
from store.ids import EnvironmentId, is_id

PATCHABLE = ("name", "description", "location_type", "quality", "parameters", "style", "cameras", "scenes", "tags")



class EnvironmentsDoc:
    """Typed reads and edits of one environments document.

    Args:
        doc: the live document; edits must run inside a transaction on it.
    """

    def __init__(self, doc: Doc[Any]) -> None:
        self._meta: Map[Any] = doc.get("meta", type=Map)
        self._environments: Map[Any] = doc.get("environments", type=Map)

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────

    def ids(self) -> list[EnvironmentId]:
        """Every environment's id, archived ones too, in no particular order; keys that are no ids are left out."""
        return [EnvironmentId(key) for key in self._environments.keys() if is_id(key)]  # noqa: SIM118 (a Y map, not a dict)

    def view(self, environment: str) -> EnvironmentView | None:
        """The environment as it stands, or None when there is none of that id. Never raises for what is in it."""
        node = self._environments.get(environment)
        if node is None:
            return None
        if not isinstance(node, Map):
            problem = Problem(WHOLE, f"is a {type(node).__name__.lower()} where a map should be")
            return EnvironmentView(EnvironmentId(environment), problems=(problem,))
        return read_environment(environment, node.to_py() or {})

    def views(self) -> list[EnvironmentView]:
        """All environments, oldest first."""
        views = [view for key in self.ids() if (view := self.view(key)) is not None]
        return sorted(views, key=lambda view: (view.created_at or 0.0, view.id))

    def render(self, environment: str, slot: str) -> dict[str, Any] | None:
        """What stands in `renders[slot]`, read alone; None for anything but an object."""
        node = self._environments.get(environment)
        renders = node.get("renders") if isinstance(node, Map) else None
        value = renders.get(slot) if isinstance(renders, Map) else None
        return value if isinstance(value, dict) else None

    # ── editing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def create_environment(
        self, environment: str, new: NewEnvironment, *, created_by: str, now: float
    ) -> EnvironmentView:
        """Add an environment.

        Args:
            environment: its id, free in this document.
            new: its first contents.
            created_by: the user's id.
            now: Unix seconds.

        Raises:
            InvalidEditError: a field breaks the schema, or the id is taken.
            LimitError: the project has its fill of environments.
        """
        if not is_id(environment):
            raise InvalidEditError("id", "an environment's id has 1 to 64 letters, digits, - or _")
        if environment in self._environments:
            raise InvalidEditError("id", f"environment {environment} exists already")
        if len(self._environments) >= MAX_ENVIRONMENTS:
            raise LimitError("environments", f"a project holds at most {MAX_ENVIRONMENTS:,}, archived ones included")
        parameters = check_parameters(new.parameters)
        indoors = parameters.get("archetype") in INDOORS
        contents: dict[str, Any] = {
            "name": check_name(new.name),
            "description": check_description(new.description),
            "location_type": check_location_type(new.location_type or ("interior" if indoors else "exterior")),
            "quality": check_quality(new.quality),
            "created_by": created_by,
            "created_at": now,
            "archived_at": None,
        }
        style, tags = check_style(new.style), check_tags(new.tags)
        if "schema" not in self._meta:
            self._meta["schema"] = SCHEMA_VERSION
        filled: dict[str, dict[str, Any]] = {"parameters": dict(parameters), "style": style, "tags": tags}
        self._environments[environment] = Map(contents | {name: Map(filled.get(name, {})) for name in SUBMAPS})
        return self._must_view(environment)

    def patch(self, environment: str, changes: Mapping[str, object]) -> EnvironmentView:
        """Change fields: scalars are replaced, maps are merged by key, and a key set to None is removed.

        Args:
            environment: which one.
            changes: any of name, description, location_type, quality, parameters, style, cameras, scenes, tags.

        Raises:
            NoSuchRecordError: no such environment.
            InvalidEditError: a field is unknown or breaks the schema; nothing was changed.
        """
        node = self._node(environment)
        writes = [write for name, value in changes.items() for write in _check_change(node, name, value)]
        for write in writes:
            write()
        return self._must_view(environment)

    def archive(self, environment: str, now: float | None) -> EnvironmentView:
        """Put the environment away at `now` (Unix seconds), or bring it back with None. Raises NoSuchRecordError."""
        self._node(environment)["archived_at"] = now
        return self._must_view(environment)

    def add_variation(
        self, environment: str, variation: str, *, label: str, axis: str, overrides: Mapping[str, object],
        proposed_by: str, status: str = "proposed",
    ) -> None:
        """Add a variation, or replace what it overrides.

        Raises:
            NoSuchRecordError: no such environment.
            InvalidEditError: the id, label, axis or an override breaks the schema.
            LimitError: the environment has its fill of variations.
        """
        if not is_id(variation) or variation == BASE:
            raise InvalidEditError("variation", "its id has 1 to 64 letters, digits, - or _, and is not 'base'")
        checked: dict[str, Any] = {
            "label": check_text("label", label, 1, MAX_NAME_CHARS),
            "axis": check_axis(axis),
            "overrides": dict(check_parameters(overrides)),
            "proposed_by": proposed_by,
            "status": check_text("status", status, 0, 40),
        }
        variations = _submap(self._node(environment), "variations")
        if variation not in variations and len(variations) >= MAX_VARIATIONS:
            raise LimitError("variations", f"an environment holds at most {MAX_VARIATIONS}")
        variations[variation] = Map(checked)

    def remove_variation(self, environment: str, variation: str) -> None:
        """Take a variation away, and its pictures with it. Raises NoSuchRecordError."""
        node = self._node(environment)
        variations = _submap(node, "variations")
        if variation not in variations:
            raise NoSuchRecordError(f"environment {environment} has no variation {variation}")
        del variations[variation]
        renders = _submap(node, "renders")
        for slot in [slot for slot in renders.keys() if slot.startswith(f"{variation}/")]:  # noqa: SIM118
            del renders[slot]

    def set_render(self, environment: str, slot: str, value: Mapping[str, Any] | None) -> None:
        """Replace what stands in `renders[slot]`, or remove it with None.

        Raises:
            NoSuchRecordError: no such environment.
        """
        renders = _submap(self._node(environment), "renders")
        if value is not None:
            renders[slot] = dict(value)
        elif slot in renders:
            del renders[slot]

    def _node(self, environment: str) -> Map[Any]:
        node = self._environments.get(environment)
        if not isinstance(node, Map):
            raise NoSuchRecordError(f"no environment {environment} in this project")
        return node

    def _must_view(self, environment: str) -> EnvironmentView:
        view = self.view(environment)
        if view is None:
            raise NoSuchRecordError(f"no environment {environment} in this project")
        return view


def _submap(node: Map[Any], name: str) -> Map[Any]:
    """The environment's map of that name; made when missing, or when somebody left something else in its place."""
    found = node.get(name)
    if not isinstance(found, Map):
        node[name] = Map()
        found = node[name]
    return found


# ── editing, piece by piece: each check gives the writes it allows ────────────────────────────────────────────────

Write = Callable[[], None]


def _check_change(node: Map[Any], name: str, value: object) -> list[Write]:
    if name in _SCALARS:
        checked = _SCALARS[name](value)
        return [lambda: node.__setitem__(name, checked)]
    if name not in PATCHABLE:
        raise InvalidEditError(name[:64], f"cannot be changed; what can is {', '.join(PATCHABLE)}")
    if not isinstance(value, Mapping):
        raise InvalidEditError(name, f"must be an object, not {type(value).__name__}")
    check, limit = _MAPS[name]
    # Validated in one go, so that one bad key leaves the document as it was.
    entries = {key: None if entry is None else check(key, entry) for key, entry in value.items()}
    target = node.get(name)
    kept = set(target.keys()) if isinstance(target, Map) else set()
    after = (kept | {key for key, entry in entries.items() if entry is not None}) - {
        key for key, entry in entries.items() if entry is None
    }
    if len(after) > limit and len(after) > len(kept):
        raise LimitError(name, f"an environment holds at most {limit}")
    return [_entry_write(node, name, key, entry) for key, entry in entries.items()]


def _entry_write(node: Map[Any], name: str, key: str, entry: object) -> Write:
    def write() -> None:
        target = _submap(node, name)
        if entry is not None:
            target[key] = entry
        elif key in target:
            del target[key]

    return write


_SCALARS: Mapping[str, Callable[[object], str]] = {
    "name": check_name, "description": check_description, "location_type": check_location_type,
    "quality": check_quality,
}
_MAPS: Mapping[str, tuple[Callable[[str, object], object], int]] = {
    "parameters": (check_parameter, 64),
    "style": (check_style_entry, MAX_STYLE_KEYS),
    "cameras": (check_camera, MAX_CAMERAS),
    "scenes": (check_scene, MAX_SCENES),
    "tags": (check_tag_entry, MAX_TAGS),
}
