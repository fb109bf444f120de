"""The kinds of place there are: what each is called, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Archetype = Literal[
    "alpine", "coast", "desert", "canyon", "forest", "conifer", "farmland", "lake", "tropical",
    "village", "city", "downtown", "ruins",
    "living_room", "kitchen", "office", "corridor", "warehouse", "church",
]  # fmt: skip
ARCHETYPES: tuple[Archetype, ...] = get_args(Archetype)

Make = Literal["land", "place", "site"]
"""How a world is built: a `land` is ground and what grows on it, a `place` is built of surfaces, a `site` is both."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of place.

    Args:
        title: what people read.
        make: how it is built.
        source: "module:name" of its recipe, imported only by whoever renders.
        doc: one line that tells a location scout what to expect.
        ground: (3,) linear colour of the ground at large, which throws light back up.
        indoors: whether it is a room.
    """

    title: str
    make: Make
    source: str
    doc: str
    ground: tuple[float, float, float] = (0.17, 0.16, 0.15)
    indoors: bool = False


KINDS: Mapping[Archetype, Kind] = {
    "alpine": Kind("Alpine valley", "land", "render.world.alpine:Alpine",
                   "Peaks, meadows and a valley floor under them.", (0.16, 0.14, 0.10)),
    "coast": Kind("Sea cliffs", "land", "render.world.coast:Coast",
                  "Cliffs, stacks and beaches where land meets the sea.", (0.15, 0.14, 0.11)),
    "desert": Kind("Desert dunes", "land", "render.world.desert:Desert",
                   "Dunes to the horizon.", (0.36, 0.25, 0.14)),
    "canyon": Kind("Canyon and mesa", "land", "render.world.canyon:Canyon",
                   "Banded walls, towers of rock and a dry river.", (0.32, 0.20, 0.12)),
    "forest": Kind("Forest", "land", "render.world.forest:Forest",
                   "Broad-leaved woods with a way through them.", (0.09, 0.11, 0.05)),
    "conifer": Kind("Conifer forest", "land", "render.world.conifer:Conifer",
                    "Spruce and pine, rocks and moss.", (0.08, 0.09, 0.05)),
    "farmland": Kind("Farmland", "land", "render.world.farmland:Farmland",
                     "Fields, hedges and a lane over rolling hills.", (0.14, 0.14, 0.07)),
    "lake": Kind("Lake and river", "land", "render.world.lake:Lake",
                 "Still water, reeds and wooded shores.", (0.12, 0.12, 0.08)),
    "tropical": Kind("Tropical shore", "land", "render.world.tropical:Tropical",
                     "White sand, palms and a shallow lagoon.", (0.40, 0.34, 0.24)),
    "village": Kind("Village street", "site", "render.world.village:village",
                    "Gabled houses along a lane, a church tower, hills behind."),
    "city": Kind("City street", "place", "render.world.city:city",
                 "Houses and shops on both sides, trees and cars."),
    "downtown": Kind("Downtown", "place", "render.world.downtown:downtown",
                     "Towers, neon and wet asphalt."),
    "ruins": Kind("Ruins", "site", "render.world.ruins:ruins",
                  "Walls and columns that nature takes back.", (0.18, 0.16, 0.11)),
    "living_room": Kind("Living room", "place", "render.world.interior:living_room",
                        "Sofa, books and windows that let the hour in.", indoors=True),
    "kitchen": Kind("Kitchen", "place", "render.world.kitchen:kitchen",
                    "Worktops, a table and daylight from the side.", indoors=True),
    "office": Kind("Office", "place", "render.world.office:office",
                   "Desks, screens and a city outside.", indoors=True),
    "corridor": Kind("Corridor", "place", "render.world.corridor:corridor",
                     "Doors and lamps in a row towards a far window.", indoors=True),
    "warehouse": Kind("Warehouse", "place", "render.world.warehouse:warehouse",
                      "Steel frames, racks and skylights.", indoors=True),
    "church": Kind("Church hall", "place", "render.world.church:church",
                   "Pews, braces and tall windows.", indoors=True),
}  # fmt: skip

ALIASES: Mapping[str, Archetype] = {"interior": "living_room"}
"""Names that documents of earlier versions hold."""

LANDS: tuple[Archetype, ...] = tuple(name for name in ARCHETYPES if KINDS[name].make == "land")
INDOORS: tuple[Archetype, ...] = tuple(name for name in ARCHETYPES if KINDS[name].indoors)
BUILT_OUTSIDE: tuple[Archetype, ...] = ("village", "city", "downtown", "ruins")
