"""Words for hours and for the year: parts of the day, seasons, feasts. Months and clocks are read elsewhere."""

from __future__ import annotations

from render.describe.meaning import Lexicon, Meaning, SunTime, implies, says


def _hour(phrases: str, hour: float, first: float | None = None, last: float | None = None) -> tuple[str, Meaning]:
    span = (first, last) if first is not None and last is not None else None
    return phrases, Meaning(sets={"time_of_day": hour}, span=span)


def _sun(phrases: str, of: SunTime, after_h: float, **hints: float) -> tuple[str, Meaning]:
    return phrases, Meaning(sun=(of, after_h), hints=hints)


def _season(phrases: str, season: float, first: float | None = None, last: float | None = None) -> tuple[str, Meaning]:
    span = (first, last) if first is not None and last is not None else None
    return phrases, Meaning(sets={"season": season}, span=span)


HOURS: Lexicon = (
    _hour("midnight, stroke of midnight, witching hour", 0.0),
    _hour("dead of night, middle of the night, small hours, wee hours", 2.0),
    _hour("night, nighttime, night time, nocturnal, by night, at night", 22.5, 21.0, 2.0),
    _hour("late night, late at night, deep night", 23.5),
    _hour("after dark, nightfall", 21.0),
    _sun("before dawn, pre dawn, predawn, before sunrise", "rise", -0.6),
    _sun("first light, daybreak, break of day, crack of dawn, dawn light", "rise", 0.0),
    _sun("dawn, dawning, aurora", "rise", 0.1),
    _sun("sunrise, sun rise, sunup, rising sun, sun comes up", "rise", 0.3),
    _hour("early morning, early in the morning, morning dew", 7.0),
    _hour("morning, mornings, in the morning, forenoon", 8.5, 7.0, 11.0),
    _hour("mid morning, midmorning", 10.0),
    _hour("late morning", 11.0),
    _hour("noon, midday, mid day, high noon, noontime, lunchtime, lunch time, noonday", 12.0),
    _hour("broad daylight, daytime, day time, daylight", 13.0),
    _hour("early afternoon", 13.5),
    _hour("afternoon, in the afternoon, teatime, tea time", 15.0, 13.5, 17.0),
    _hour("late afternoon, end of the afternoon, long shadow, long shadows, low sun", 17.0),
    _sun("golden hour, magic hour, golden light, evening sun", "set", -0.7, cloud_cover=0.25),
    _sun("sunset, sundown, sun set, setting sun, sun goes down, sun down, fiery sky, red sky", "set", -0.1),
    _sun("dusk, twilight, gloaming, eventide, day for night", "set", 0.35),
    _sun("blue hour, last light, after sunset", "set", 0.65),
    _hour("evening, in the evening, evenings", 19.0, 18.0, 21.0),
    _hour("late evening", 21.0),
    _hour(
        "moonlight, moonlit, moon, full moon, starlight, starlit, starry, stars, star filled, milky way, "
        "stargazing", 23.0),
    _hour("rush hour", 17.5),
    _hour("breakfast time, breakfast", 8.0),
    _hour("dinner time, dinnertime, supper", 19.5),
    ("🌅 , 🌄", Meaning(sun=("rise", 0.3))),
    ("🌇 , 🌆", Meaning(sun=("set", -0.1))),
    _hour("🌃 , 🌙 , 🌌", 22.5),
)

WEAK_HOURS: Lexicon = (
    implies("day, sun, sunlight, sunshine, sunny, sunlit, sunbeam, sun drenched, sunbathed", time_of_day=11.0),
)
"""What speaks of the day, and gives way to any other hour."""

SEASONS: Lexicon = (
    _season("spring, springtime, spring time, vernal", 0.5, 0.08, 0.9),
    _season("first day of spring, spring equinox, vernal equinox", 0.22),
    _season(
        "blossom, blossoms, blossoming, cherry blossom, cherry blossoms, apple blossom, hanami, budding, "
        "daffodil, tulip, crocus, lamb, lambs", 0.5),
    _season("wildflower, wild flower, in bloom, blooming, flowering, flowers, flower meadow", 0.85),
    _season("summer, summertime, summer time, summery, estival", 1.4, 1.05, 1.9),
    _season(
        "midsummer, mid summer, high summer, summer solstice, midsummer night, st john, heatwave, heat wave, "
        "dog days", 1.3),
    _season(
        "autumn, autumnal, in fall, in the fall, fall colors, fall colours, fall foliage, fall leaves, "
        "fall day, fall morning, fall evening, fall afternoon",
            2.45, 2.1, 2.83),
    _season("early fall", 2.1),
    _season("late fall", 2.83),
    _season("mid fall", 2.45),
    _season(
        "autumn leaves, autumn colors, autumn colours, golden leaves, red leaves, fallen leaves, "
        "turning leaves, foliage season, indian summer, golden autumn",
            2.45),
    _season("harvest, harvest time, harvested, oktoberfest", 1.95),
    _season("winter, wintertime, winter time, wintry, wintery, hibernal", 3.45, 3.1, 3.85),
    _season("midwinter, mid winter, dead of winter, depth of winter, winter solstice, deep winter", 3.35),
    _season(
        "snow covered, snowy, snowbound, under snow, snow blanket, blanket of snow, fresh snow, powder snow, "
        "deep snow, covered in snow, blanketed in snow, snow on the ground, winter wonderland, lying snow",
            3.45),
    _season("first snow, first frost", 2.98),
    _season("frost, frosty, frozen, ice, icy, icicle, hoarfrost, hoar frost, rime, freezing", 3.4),
    _season("thaw, thawing, snowmelt, snow melt, melting snow, meltwater", 0.02),
    _season("bare tree, bare trees, leafless, bare branches", 3.1),
    _season(
        "christmas, xmas, christmas eve, christmas day, christmas market, yuletide, yule, advent, "
        "boxing day, 🎄", 3.26),
    _season("new year, new years eve, new years day, sylvester, hogmanay", 3.35),
    _season("halloween, hallowe'en, all hallows eve, all saints, day of the dead, 🎃", 2.67),
    _season("thanksgiving", 2.96),
    _season("easter, passover, good friday", 0.42),
    _season(
        "valentine, valentines day, candlemas, lunar new year, chinese new year, carnival, mardi gras, "
        "groundhog day", 3.8),
    _season("fourth of july, 4th of july, independence day, bastille day", 1.36),
    _season("may day, walpurgis, walpurgis night, beltane", 0.68),
    _season("st patricks day, equinox", 0.2),
    _season("autumn equinox, autumnal equinox, michaelmas", 2.25),
    _season("🌸 , 🌷 , 🌱", 0.5),
    _season("🍂 , 🍁", 2.45),
    _season("⛄ , ☃ , 🧊", 3.45),
)

MONTHS = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "april": 4, "apr": 4, "may": 5, "june": 6, "july": 7,
    "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9, "october": 10, "oct": 10, "november": 11, "nov": 11,
    "december": 12, "dec": 12,
}  # fmt: skip
SOUTHERN = frozenset({
    "australia", "australian", "sydney", "melbourne", "outback", "tasmania", "tasmanian", "zealand", "patagonia",
    "patagonian", "argentina", "chile", "uruguay", "peru", "brazil", "antarctica", "antarctic", "johannesburg",
    "namibia", "namib", "kalahari", "madagascar", "tahiti", "fiji", "samoa", "bali",
})
"""Where July is winter."""


def season_of_month(month: float) -> float:
    """Where a month (1–12, fractions within it) lies on the ring: 0 is the first of March."""
    return (month - 3) / 3 % 4


WEEKDAYS: Lexicon = (
    says("christmas night, christmas eve night", season=3.26, time_of_day=20.0),
    says("new years eve, new year eve", season=3.35, time_of_day=23.9),
    says("halloween night", season=2.67, time_of_day=21.0),
    says("polar night", season=3.35, time_of_day=13.0),
    says("midnight sun, white night", season=1.3, time_of_day=20.0),
)
"""Feasts that bring an hour with them."""
