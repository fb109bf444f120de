"""Words for how a place looks: its relief, growth, water, buildings, wear, lamps and exposure."""

from __future__ import annotations

from render.describe.meaning import Lexicon, implies, says

LOOKS: Lexicon = (
    # relief
    says(
        "steep, rugged, craggy, jagged, towering peaks, towering mountains, towering cliffs, sheer, "
        "vertiginous, high cliffs, high peaks, high mountains, precipitous",
         relief=0.85),
    says("gentle hills, gently rolling, rolling, undulating, low hills, soft hills, gentle slope", relief=0.35),
    says(
        "flat land, flat country, flat countryside, flat field, flat plain, level ground, pancake flat, "
        "low lying, flatland", relief=0.08),
    says("shallow valley, low dunes", relief=0.25),
    says("high dunes, giant dunes, tall dunes, towering dunes", relief=0.9),
    # vegetation
    says(
        "lush, verdant, overgrown, luxuriant, leafy, dense vegetation, dense forest, dense woods, "
        "thick forest, thick woods, dense jungle, deep forest, deep woods, jungly, green, greenery, "
        "vegetation, plant, plants, foliage, shrub, bush, grass, grassy, weeds",
         vegetation=0.8),
    says("tree lined, leafy street, wooded, forested, planted, potted plants", vegetation=0.7),
    says(
        "sparse vegetation, sparse trees, few trees, scattered trees, scrub, scrubby, lone tree, "
        "single tree, sparsely wooded",
         vegetation=0.25),
    says("bare, treeless, denuded, unplanted, naked rock, lifeless, rocky, stony", vegetation=0.06),
    # water
    says("flooded, high water, high tide, flood, inundated, brimming", water=0.9),
    says("low tide, low water, ebb, ebb tide", water=0.3),
    says("dry, waterless, dried up, drought", water=0.05),
    # density and height of what is built
    says(
        "crowded, dense, densely built, packed, cluttered, busy, bustling, narrow, cramped, "
        "full of furniture, maze like, tightly packed, messy",
         density=0.85),
    says(
        "sparse, sparsely furnished, minimalist, minimal, uncluttered, spacious, roomy, tidy, spartan, "
        "airy room, unfurnished",
         density=0.15),
    says(
        "tall building, tall buildings, tall houses, tall, high ceiling, high ceilings, lofty, soaring, "
        "cavernous, multi storey, multistory, double height, high ceilinged, grand, monumental",
         height=0.85),
    says(
        "low building, low buildings, low houses, low ceiling, low ceilings, low rise, single storey, "
        "single story, squat, one storey",
         height=0.1),
    # wear
    says(
        "abandoned, derelict, dilapidated, decayed, decaying, decrepit, neglected, disused, run down, "
        "rundown, forsaken, deserted building, decay, rotting, rotten, mouldering, boarded up",
         {"lamps": 0.05}, wear=0.88),
    says(
        "weathered, worn, old, aged, shabby, rusty, rusted, rust, peeling, peeling paint, cracked, faded, "
        "grimy, dirty, gritty, battered, scuffed, graffiti, timeworn, stained, patina, vintage, rustic, dingy",
         wear=0.7),
    says(
        "new, brand new, modern, pristine, spotless, clean, polished, gleaming, renovated, freshly painted, "
        "contemporary, sleek, futuristic, immaculate, sterile, state of the art, luxurious, luxury, elegant",
         wear=0.06),
    says("well kept, tended, maintained, neat, restored", wear=0.2),
    # lamps
    says(
        "lit windows, lit window, lamps lit, brightly lit, lights on, street lights, streetlights, "
        "street lamps, lamp, lamps, lantern, lanterns, fairy lights, illuminated, string lights, "
        "glowing windows, city lights, bright lights",
         lamps=0.9),
    says(
        "blackout, power cut, power outage, lights off, lights out, pitch black, no lights, unlit windows, "
        "dark windows", lamps=0.0),
    implies("neon, neon lit, nightlife, party, festive, festival, christmas market, candles", lamps=0.9),
    # light
    says(
        "backlit, back light, contre jour, silhouette, silhouettes, silhouetted, against the light",
        sun_heading_deg=180.0),
    says("overexposed, blown out, high key", exposure_ev=1.0),
    says("underexposed, low key", exposure_ev=-1.0),
)
