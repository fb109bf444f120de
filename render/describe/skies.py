"""Words for weather and air. Weather is one of eight; fog that comes with rain becomes haze."""

from __future__ import annotations

from render.describe.meaning import Lexicon, implies, says

WEATHER_WORDS: Lexicon = (
    says(
        "clear, clear sky, clear skies, cloudless, cloudless sky, blue sky, blue skies, fair weather, "
        "fine weather, crisp, crystal clear, unclouded",
         {"cloud_cover": 0.08, "haze": 0.12}, weather="clear"),
    says(
        "sunny, sunshine, sun drenched, sunlit, sun kissed, bright sun, blazing sun, scorching, ☀ , 🌞",
        {"cloud_cover": 0.15},
         weather="clear"),
    says("starry, starlit, starry sky, star filled sky, milky way, stars", {"cloud_cover": 0.05}, weather="clear"),
    says("cloudy, clouded, partly cloudy, partly sunny, broken cloud, broken clouds, ⛅ , 🌤", weather="cloudy"),
    says("cloud, clouds, ☁", {"weather": "cloudy"}, cloud_cover=0.6),
    says(
        "few clouds, some clouds, scattered clouds, wisps of cloud, fair weather clouds, white clouds, "
        "cotton clouds, fluffy clouds, cirrus, cumulus",
         {"weather": "clear"}, cloud_cover=0.35),
    says(
        "dramatic sky, dramatic clouds, brooding sky, towering clouds, threatening sky, threatening clouds, "
        "gathering storm, before the storm, storm clouds, dark clouds, thunderclouds, ominous clouds, "
        "ominous sky",
         {"cloud_cover": 0.8}, weather="cloudy", weather_intensity=0.8),
    says(
        "after the storm, after the rain, clearing storm, clearing sky, breaking clouds, rainbow",
        {"cloud_cover": 0.5},
         weather="cloudy", weather_intensity=0.45),
    says(
        "overcast, grey sky, gray sky, grey skies, gray skies, leaden, leaden sky, sunless, flat light, "
        "dreary, bleak weather, drab",
         weather="overcast"),
    says(
        "mist, misty, fog, foggy, misting, mist shrouded, shrouded in mist, fogbound, sea mist, sea fret, "
        "haar, brume, low cloud, sea of fog, sea of clouds, morning mist, ground fog, 🌫",
         weather="mist"),
    says(
        "pea soup, pea souper, impenetrable fog, zero visibility, whiteout fog, fog bank",
        weather="mist", weather_intensity=0.95),
    says(
        "veil of mist, wisps of fog, wisps of mist, wisp of mist, hint of mist, trace of fog",
        weather="mist", weather_intensity=0.25),
    says(
        "rain, rainy, raining, rainfall, showers, rainstorm, rain soaked, rain swept, rainswept, "
        "rain slicked, wet, damp, soaked, ☔ , 🌧",
         weather="rain"),
    says("drizzle, drizzling, drizzly, sprinkle, light shower, shower", weather="rain", weather_intensity=0.25),
    says(
        "downpour, pouring, pouring rain, torrential, torrential rain, deluge, cloudburst, monsoon, "
        "lashing rain, driving rain, sheets of rain",
         weather="rain", weather_intensity=0.9),
    says(
        "storm, stormy, thunderstorm, thunder, lightning, tempest, gale, squall, hurricane, typhoon, "
        "cyclone, tornado, ⛈ , 🌩 , ⚡",
         weather="storm"),
    says(
        "snow, snowing, snowfall, falling snow, snowflake, snow flurries, flurries, flurry, sleet, "
        "snow falls, snow falling, ❄ , 🌨",
         {"season": 3.45}, weather="snow"),
    says(
        "blizzard, snowstorm, snow storm, whiteout, white out",
        {"season": 3.45}, weather="snow", weather_intensity=0.95),
    says("dust, dusty, dust laden, dust filled, sand haze, sirocco", weather="dust"),
    says("sandstorm, sand storm, dust storm, duststorm, haboob", weather="dust", weather_intensity=0.9),
    says(
        "haze, hazy, smog, smoggy, smoke, smoky, smokey, vapour, vapor, steam, steamy, humid, sultry, muggy, "
        "wildfire", haze=0.65),
    says(
        "clear air, crisp air, clean air, far view, distant view, crystal air, sharp air, high visibility",
        haze=0.08),
)

MOODS: Lexicon = (
    implies(
        "gloomy, gloom, sombre, somber, melancholy, melancholic, mournful, dismal, grim, depressing, bleak, "
        "desolate, forlorn",
            weather="overcast", cloud_cover=0.75, haze=0.4),
    implies("eerie, haunted, haunting, spooky, creepy, mysterious, ghostly, uncanny, horror, sinister, foreboding",
            weather="mist", haze=0.5, exposure_ev=-0.4, lamps=0.35),
    implies("ominous, menacing, threatening, dramatic, epic, brooding, tense, wild, windswept, windy",
            weather="cloudy", weather_intensity=0.7, cloud_cover=0.65),
    implies("grey, gray, dull", weather="overcast"),
    implies("serene, peaceful, tranquil, calm, idyllic, quiet, restful, gentle", weather="clear", haze=0.3),
    implies(
        "cheerful, joyful, happy, lively, vibrant, bright and airy, optimistic", weather="clear", exposure_ev=0.3),
    implies(
        "dreamy, dreamlike, ethereal, romantic, magical, nostalgic, fairytale, fairy tale, otherworldly", haze=0.5),
    implies(
        "cosy, cozy, homely, warm, inviting, intimate, snug, hygge, candlelit, candlelight, lamplit, "
        "lamplight, firelight", lamps=0.85),
    implies("dark, dim, dimly lit, murky, shadowy, low key, underlit, unlit", exposure_ev=-0.7, lamps=0.3),
    implies("bright, luminous, radiant, high key, airy, brilliant, dazzling", exposure_ev=0.5),
    implies("hot, heat, sweltering, shimmering heat, baking", season=1.3, haze=0.45),
    implies("cold, chilly, chill, bitter cold, biting cold", season=3.3),
    implies("lonely, solitary, isolated, remote, deserted, empty, silent", density=0.2, lamps=0.15),
)
"""Feelings imply an air; anything that is said outright wins over them."""
