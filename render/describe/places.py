"""Words for places: what each of the nineteen kinds is called, and things that are found there."""

from __future__ import annotations

from render.describe.meaning import Lexicon, place

LANDSCAPES: Lexicon = (
    # alpine
    place("alps, alpine, high alps, alpine valley, mountain valley, mountainside, mountainscape, massif", alpine=3),
    place("mountain, mount, peak, summit, ridge, ridgeline, sierra, cordillera", {"relief": 0.75}, alpine=2.6),
    place("glacier, glacial, snow field, icefield, snow capped, snowcapped, snow capped peak, col, arete, cirque",
          {"relief": 0.8}, alpine=2.6),
    place(
        "mountain pass, high pass, scree, crag, cliff face, precipice, himalaya, rockies, andes, dolomites, "
        "matterhorn",
          {"relief": 0.8}, alpine=2.4),
    place("alpine meadow, mountain meadow, high pasture, alp, valley floor", {"relief": 0.6}, alpine=2.8),
    place("valley, vale, glen, dale", alpine=1.6, farmland=0.8),
    place("mountain lake, alpine lake, tarn", {"water": 0.75, "relief": 0.7}, alpine=2.8, lake=1.4),
    place("chalet, mountain hut, refuge, alpine hut, bothy", {"landmark": "cabin"}, alpine=1.4, village=0.3),
    place("ski, ski slope, ski resort, cable car, edelweiss, chamois, ibex, marmot",
          alpine=1.4, village=0.3),
    place("highland, moor, moorland, heath, heather, tundra", {"vegetation": 0.3, "relief": 0.4}, alpine=1.8,
          farmland=0.5),
    place("hill, hillside, foothill, slope, hilltop", {"relief": 0.45}, alpine=0.9, farmland=0.9),
    place("volcano, crater, caldera", {"relief": 0.85, "vegetation": 0.15}, alpine=2.2, canyon=0.6),
    # coast
    place(
        "coast, coastal, coastline, seacoast, sea cliff, seaside, sea shore, seashore, seascape, shoreline", coast=3),
    place("clifftop, cliff top, cliff edge, cliff path", {"relief": 0.7}, coast=2.6),
    place("cliff, sea stack, headland, promontory, bluff, cape, sea arch", {"relief": 0.7}, coast=2.4,
          canyon=0.5),
    place("sea, ocean, surf, wave, breaker, tide, tidal, swell, spray, atlantic, north sea, pacific, sea foam",
          {"water": 0.7}, coast=2),
    place("fjord, fiord, sea loch", {"relief": 0.8, "water": 0.75}, lake=2.8, coast=2, alpine=1.2),
    place("beach, strand, pebble beach, shingle, shingle beach, cove, bay, inlet", {"water": 0.6}, coast=2.2,
          tropical=1.4),
    place("lighthouse, light house, beacon tower", {"landmark": "lighthouse"}, coast=2.2, village=0.4),
    place(
        "harbour, harbor, port, pier, jetty, quay, dock, wharf, marina, breakwater, sea wall", coast=2.2,
          village=0.4),
    place("fishing village, fishing boat, trawler, seagull, gull, puffin, seal, whale, ship, shipwreck, sailing boat",
          coast=1.6),
    place("rocky shore, rock pool, cornwall, brittany, normandy, big sur, faroe, hebrides, iceland, ireland, orkney",
          coast=1.6),
    # desert
    place("desert, dune, sand dune, sand sea, erg, sahara, gobi, namib, rub al khali, arrakis, tatooine",
          {"vegetation": 0.05}, desert=3),
    place("sand, sandy, sands", desert=0.9, tropical=0.7, coast=0.4),
    place("oasis, caravan, camel, bedouin, nomad, mirage, scorpion", desert=2),
    place("arid, barren, parched, wasteland, badland", {"vegetation": 0.1}, desert=1.3, canyon=1.1),
    # canyon
    place("canyon, gorge, ravine, gulch, slot canyon, grand canyon, chasm, arroyo, wadi", {"relief": 0.75}, canyon=3),
    place(
        "mesa, butte, hoodoo, monument valley, red rock, rock tower, rock arch, sandstone, badlands, "
        "tableland, plateau",
          {"relief": 0.65}, canyon=2.8),
    place("western, wild west, cowboy, arizona, utah, moab, new mexico, cactus, saguaro, tumbleweed", canyon=1.6,
          desert=0.9),
    place("dry river, dry riverbed, riverbed, dry wash", {"water": 0.1}, canyon=1.6, desert=0.5),
    # forest
    place("forest, wood, woods, woodland, wildwood, grove, copse, thicket", {"vegetation": 0.7}, forest=2.6,
          conifer=1.2),
    place(
        "deciduous, broadleaf, broad leaved, oak, beech, birch, maple, ash tree, chestnut, oak forest, "
        "beech forest, birch forest",
          forest=2.6),
    place("clearing, glade, undergrowth, canopy, forest floor, woodland path, forest path, forest track, forest road",
          {"vegetation": 0.7}, forest=2.2, conifer=1),
    place("tree, tree trunk, trunk, bough", {"vegetation": 0.6}, forest=0.7),
    place(
        "fern, bluebell, mushroom, bramble, ivy, deer, owl, fox, badger, hollow, fairy, enchanted, "
        "enchanted forest",
          forest=1.2),
    place(
        "primeval forest, old growth, ancient forest, ancient woodland, sherwood", {"vegetation": 0.85}, forest=2.8),
    # conifer
    place("conifer, coniferous, spruce, fir, pine, larch, cedar, hemlock, redwood, sequoia, evergreen, douglas fir",
          {"vegetation": 0.7}, conifer=3),
    place(
        "pine forest, spruce forest, fir forest, coniferous forest, conifer forest, pinewood, black forest, "
        "taiga, boreal, boreal forest",
          {"vegetation": 0.75}, conifer=4),
    place("needle, pine needle, moss, mossy, lichen, bear, wolf, lynx, moose, elk, log cabin, lumberjack, twin peaks",
          conifer=1.5, forest=0.5),
    place("norway, norwegian, sweden, swedish, finland, finnish, lapland, siberia, canada, canadian, alaska, yukon",
          conifer=0.7, coast=0.3, lake=0.3, alpine=0.3),
    # farmland
    place("farm, farmland, farmyard, farmhouse, field, ploughed field, plowed field, acre, croft, homestead, ranch",
          farmland=2.6),
    place("barn, stable, granary, hayloft", farmland=2.2, warehouse=0.4),
    place(
        "wheat, corn, barley, rye, oat, maize, crop, hay, hay bale, haystack, wheat field, cornfield, grain, "
        "stubble",
          farmland=3),
    place(
        "countryside, rural, pastoral, rolling hill, hedge, hedgerow, dry stone wall, meadow, pasture, "
        "paddock, downs, prairie",
          farmland=2.2, alpine=0.3),
    place(
        "orchard, vineyard, vine, lavender, olive grove, sunflower, tractor, scarecrow, windmill, silo, "
        "plough, plow",
          farmland=2.4),
    place(
        "cow, cattle, sheep, horse, flock, herd, shepherd, cotswolds, tuscany, tuscan, provence, kansas, "
        "iowa, shire",
          farmland=1.4, alpine=0.3),
    place("country lane, farm track, dirt road, dirt track, country road, bridle path, gravel road", farmland=2),
    place("steppe, savanna, savannah, grassland, plains, pampas, heathland", {"relief": 0.15, "vegetation": 0.3},
          farmland=1.8, desert=0.5),
    # lake
    place("lake, lakeside, lakeshore, lakefront, loch, lough, reservoir, mere", {"water": 0.7}, lake=3),
    place(
        "river, riverside, riverbank, stream, brook, creek, estuary, rapids, waterway, weir",
        {"water": 0.6}, lake=2.4,
          alpine=0.4, forest=0.3),
    place("pond, marsh, swamp, bog, fen, wetland, bayou, everglades, mire", {"water": 0.6, "relief": 0.15}, lake=2.2,
          forest=0.6),
    place("boathouse, boat house, fishing hut, boat shed", {"landmark": "boathouse"}, lake=1.6, coast=0.7),
    place(
        "canoe, rowing boat, rowboat, kayak, reed, reeds, bulrush, water lily, heron, "
        "swan, duck, angler, fishing",
          lake=1.6, coast=0.7),
    place("waterfall, cascade, cataract, waterfalls", {"water": 0.75, "relief": 0.7}, lake=1.4, alpine=1.4),
    place("hot spring, spring water, geyser", {"water": 0.6}, lake=1.4, alpine=0.8),
    place("still water, calm water, reflection, mirror like water, water", {"water": 0.65}, lake=1.1, coast=0.4),
    place("shore, waterside, water edge", {"water": 0.6}, lake=1.2, coast=1.2, tropical=0.4),
    # tropical
    place("tropical, tropics, tropical beach, tropical island, tropical shore, paradise island", {"vegetation": 0.65},
          tropical=3.4),
    place(
        "palm, palm tree, coconut, coconut palm, lagoon, coral, coral reef, reef, atoll, mangrove, "
        "turquoise water, white sand",
          tropical=2.8),
    place(
        "caribbean, hawaii, hawaiian, polynesia, tahiti, maldives, bali, fiji, samoa, seychelles, "
        "philippines, zanzibar, bahamas",
          tropical=2.6),
    place("jungle, rainforest, rain forest, amazon, tropical forest, bamboo, liana", {"vegetation": 0.9}, tropical=2,
          forest=1.4),
    place("island, isle, islet, desert island, castaway, pirate", tropical=1.5, coast=1.1),
    place("🏝 , 🌴 , 🏖 , 🥥", tropical=2.4, coast=0.6),
    place("🌊 , ⚓ , 🐚", {"water": 0.7}, coast=2),
    place("⛰ , 🏔 , 🗻", {"relief": 0.75}, alpine=2.6),
    place("🌲", {"vegetation": 0.7}, conifer=2.4),
    place("🌳 , 🍄", {"vegetation": 0.7}, forest=2.2),
    place("🏜 , 🐫 , 🐪", desert=2.6),
    place("🌵", canyon=1.8, desert=1),
    place("🌾 , 🚜 , 🐄 , 🐑", farmland=2.4),
    place("hammock, parrot, cocktail, surfer, snorkel, catamaran, tiki", tropical=1.2),
)

TOWNS: Lexicon = (
    place(
        "village, hamlet, village street, village square, village green, settlement, small town, old village",
        village=3),
    place("mountain village, alpine village, village church, village house", village=3.4),
    place(
        "cottage, thatched cottage, thatch, thatched, gable, gabled, half timbered, timber framed, cobble, "
        "cobbled, cobblestone, cobbled street, cobbled lane",
          village=2),
    place("lane, alley, alleyway, back lane, market square, town square, village pub, inn, tavern, smithy, bakery",
          village=1.2, city=0.5),
    place("house, home, villa, mansion, manor, summer house", {"landmark": "house"}, village=0.8,
          living_room=0.25),
    place("cabin, hut, shed, shack, lodge", {"landmark": "cabin"}, village=0.8, living_room=0.25),
    place("roof, rooftop, chimney, porch, garden, front yard", village=0.8, living_room=0.25),
    place("church tower, church steeple, steeple, spire, bell tower, churchyard, graveyard, cemetery", village=1.8),
    place("medieval, tudor, old town, medieval town, hanseatic", {"wear": 0.6}, village=1.6, ruins=0.5),
    place("suburb, suburban, suburbia, cul de sac, bungalow, residential street", village=1.4, city=1),
    place("town", village=1.6, city=1.2),
    place(
        "city, city street, street, streetscape, townscape, avenue, boulevard, high street, main street, "
        "shopping street, side street",
          city=2.6, downtown=0.8),
    place(
        "shop, shopfront, storefront, cafe, café, bistro, boutique, awning, pavement, sidewalk, kerb, curb, "
        "crosswalk, zebra crossing, brownstone, tenement, townhouse, apartment building, apartment block",
          city=1.8, downtown=0.3),
    place(
        "paris, parisian, london, berlin, vienna, prague, rome, madrid, lisbon, amsterdam, brooklyn, boston, "
        "montmartre, soho, barcelona, dublin, edinburgh",
          city=1.8, downtown=0.3),
    place(
        "car, taxi, cab, bus, tram, bicycle, traffic, traffic jam, parked car, crossroad, intersection, "
        "junction, lamppost, street lamp, street light, streetlight",
          city=0.9, downtown=0.5),
    place("road, roadside", city=0.55, farmland=0.6),
    place("urban, neighbourhood, neighborhood, district, quarter, block, city block, plaza, piazza, square, bus stop",
          city=1.4, downtown=0.5),
    place(
        "downtown, city centre, city center, skyscraper, high rise, highrise, office tower, skyline, "
        "financial district, business district, metropolis, megacity, cityscape",
          {"height": 0.8, "density": 0.7}, downtown=3),
    place(
        "neon, neon sign, neon light, billboard, times square, shibuya, tokyo, hong kong, shanghai, "
        "manhattan, new york, chicago, cyberpunk, blade runner, las vegas, gotham, seoul, los angeles",
          downtown=2.4, city=0.4),
    place(
        "wet asphalt, wet street, asphalt, back alley, underpass, overpass, subway entrance, nightclub, "
        "noir, film noir",
          downtown=1.4, city=0.8),
    place("tower", {"height": 0.65, "landmark": "tower"}, downtown=1, village=0.3),
    place("watchtower, watch tower, lone tower", {"landmark": "tower"}, ruins=1.4),
    place("🏙 , 🌆 , 🌃", downtown=2),
    place("🏘 , 🏡", village=2),
    place("🏚 , 🏛", {"wear": 0.8}, ruins=1.8),
    place(
        "ruin, ruins, ruined, ruinous, ruined temple, ruined castle, ruined abbey, ruined city, "
        "ruined church, ruined monastery, ruined chapel, ruined tower",
          {"wear": 0.85, "landmark": "ruin"}, ruins=3.4),
    place("temple, column, colonnade, pillar", {"landmark": "ruin"}, ruins=2),
    place(
        "amphitheatre, amphitheater, colosseum, aqueduct, acropolis, "
        "parthenon, forum, pompeii, palmyra",
          ruins=2),
    place("castle, fortress, fort, citadel", {"landmark": "ruin"}, ruins=1.9, church=0.3),
    place("abbey, monastery, palace, rampart, battlement", ruins=1.9, church=0.3),
    place(
        "ancient, antique, antiquity, roman, greek, mayan, aztec, inca, lost city, archaeological, "
        "archaeology, angkor, machu picchu",
          {"wear": 0.75}, ruins=1.5),
    place(
        "rubble, collapsed, crumbled, crumbling, fallen stone, toppled, tumbledown, bombed out, war torn, "
        "post apocalyptic, postapocalyptic, apocalyptic",
          {"wear": 0.9}, ruins=1.6),
    place(
        "stone wall, broken wall, stone circle, megalith, stonehenge, standing stone, monument, statue, "
        "shrine, tomb",
          ruins=1.4),
)

ROOMS: Lexicon = (
    place(
        "living room, livingroom, sitting room, lounge, parlour, parlor, drawing room, family room, salon",
        living_room=3.6),
    place(
        "sofa, couch, armchair, fireplace, hearth, rug, carpet, bookshelf, bookcase, tv, television, "
        "coffee table, piano, curtain, wallpaper, library",
          living_room=1.7),
    place(
        "apartment, flat, bedroom, loft, attic, penthouse, room, hotel room, studio flat, nursery, "
        "dining room", living_room=1.5),
    place("home interior, domestic interior, interior, indoor, indoors", living_room=0.9),
    place("kitchen, kitchenette, farmhouse kitchen, galley kitchen, scullery, pantry, larder", kitchen=3.6),
    place(
        "stove, oven, fridge, refrigerator, sink, worktop, countertop, kitchen table, kettle, cooker, "
        "saucepan, dishes, breakfast table, kitchen island",
          kitchen=2.2),
    place("breakfast, cooking, baking, chef, coffee, dinner", kitchen=0.8),
    place(
        "office, open plan, open plan office, workplace, newsroom, boardroom, meeting room, conference room, "
        "call center, call centre, headquarters, cubicle",
          office=3.4),
    place(
        "desk, computer, monitor, screen, keyboard, office chair, printer, whiteboard, photocopier, "
        "workstation", office=1.9),
    place("corridor, hallway, passage, passageway, hotel corridor, hospital corridor, school corridor, long hallway",
          corridor=3.6),
    place(
        "hospital, hotel, asylum, sanatorium, prison, dormitory, ward, morgue, school, motel, "
        "overlook hotel, bunker",
          corridor=1.4),
    place(
        "door, doors, doorway, row of doors, exit sign, fluorescent, fluorescent tube, flickering light",
        corridor=0.9,
          office=0.2),
    place(
        "warehouse, storehouse, depot, hangar, factory, factory hall, industrial hall, workshop, mill, "
        "foundry, shipyard, garage, distribution center",
          warehouse=3.2),
    place(
        "pallet, crate, forklift, rack, racking, shelving, skylight, steel beam, steel frame, girder, "
        "gantry, loading dock, container, conveyor",
          warehouse=1.9),
    place("🏭", warehouse=2),
    place("🛋", living_room=2),
    place("⛪ , 🕍", church=2),
    place("industrial, industry, machinery, concrete floor, storage", warehouse=1.3),
    place("railway station, train station, subway, metro, tunnel, airport, shopping mall", corridor=0.9, city=0.8,
          warehouse=0.3),
    place("restaurant, diner, canteen, cafeteria, bar, pub", kitchen=0.7, village=0.4, city=0.5),
    place("church, chapel", {"landmark": "chapel"}, church=3, village=0.5),
    place(
        "cathedral, minster, basilica, nave, church hall, church interior, inside a church, sanctuary",
          church=3, village=0.5),
    place(
        "pew, altar, stained glass, organ, pulpit, choir, candle, prayer, priest, gothic, vault, vaulted, "
        "aisle, crypt, hammerbeam",
          church=1.7),
)
