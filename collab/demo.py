"""A project to begin with: three places that show what the house can do, before anybody has made one."""

from __future__ import annotations

from collab.direct import create_environment, request_angles, request_generate, request_variations
from collab.directory import Directory
from collab.document import EnvironmentsDoc
from collab.ordering import Farm
from collab.room import Room
from collab.schema import EnvironmentView, NewEnvironment

PROJECT_NAME = "The Lighthouse Keeper's Daughter"

PLACES: tuple[NewEnvironment, ...] = (
    NewEnvironment(
        name="High valley at dawn",
        description=(
            "EXT. HIGH VALLEY - DAWN. Mara leaves before the village wakes. The first sun is on the ridge, the valley "
            "floor still blue; thin mist lies over the lake. She is small in a very large place."
        ),
        parameters={
            "archetype": "alpine", "seed": 4, "relief": 0.72, "vegetation": 0.55, "water": 0.6, "time_of_day": 6.6,
            "season": 2.3, "weather": "mist", "weather_intensity": 0.35, "cloud_cover": 0.35, "haze": 0.4,
            "sun_heading_deg": 20.0,
        },
        style={"mood": "hopeful, cold air", "palette": "slate blue, first gold", "keywords": "dawn, mist, solitude"},
        tags=("opening",),
    ),
    NewEnvironment(
        name="Lighthouse coast at dusk",
        description=(
            "EXT. CLIFFS - DUSK. The tide is out and the wind has dropped. Low warm light grazes the rocks; the sea "
            "keeps the last of the sky. The place she comes back to, three times in the film."
        ),
        parameters={
            "archetype": "coast", "seed": 88, "relief": 0.6, "vegetation": 0.35, "water": 0.55, "wear": 0.6,
            "time_of_day": 19.1, "season": 1.4, "weather": "cloudy", "weather_intensity": 0.4, "cloud_cover": 0.45,
            "haze": 0.3, "lamps": 0.7,
        },
        style={"mood": "longing, quiet", "palette": "amber, wet slate, violet", "keywords": "dusk, cliffs, tide"},
        tags=("hero",),
    ),
    NewEnvironment(
        name="Harbour street, night rain",
        description=(
            "EXT. HARBOUR STREET - NIGHT. Rain since noon. Shop windows double in the wet asphalt, the towers behind "
            "dissolve into the cloud. She looks for a door with a blue lamp."
        ),
        parameters={
            "archetype": "city", "seed": 1931, "density": 0.65, "height": 0.45, "vegetation": 0.2, "wear": 0.55,
            "time_of_day": 22.4, "season": 2.8, "weather": "rain", "weather_intensity": 0.7, "cloud_cover": 0.9,
            "haze": 0.45, "lamps": 0.85,
        },
        style={"mood": "uneasy, alive", "palette": "sodium orange, teal, black", "keywords": "night, rain, neon"},
        tags=("act two",),
    ),
)


async def seed_demo(
    room: Room, farm: Farm, directory: Directory, *, user: str, now: float, quality: str = "standard"
) -> list[EnvironmentView]:
    """Fill an empty project with the three places and set their first pictures going.

    What is seen first is asked for first: the wide view of each, then the six angles, then the first place by the hour.

    Args:
        room: the project's environments; left alone when there is anything in it.
        farm: renders.
        directory: so that each place is found by its id.
        user: the owner.
        now: Unix seconds.
        quality: tier of the pictures.

    Returns:
        The places made; none when the project was not empty.

    Raises:
        UnavailableError: a store or the farm did not answer; what was made stays and is rendered later.
    """
    if EnvironmentsDoc(room.doc).ids():
        return []
    made = []
    for number, place in enumerate(PLACES):
        new = NewEnvironment(
            place.name, place.description, None, quality, place.parameters, place.style, place.tags
        )
        # A second apart, so that the gallery keeps their order.
        made.append(await create_environment(room, directory, new, user=user, now=now + number))
    for view in made:
        await request_generate(room, farm, view.id, user=user)
    for view in made:
        await request_angles(room, farm, view.id, user=user)
    await request_variations(room, farm, made[0].id, user=user, types=["time_of_day"])
    return made
