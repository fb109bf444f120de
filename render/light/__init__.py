"""Light and air: sun, moon, sky, clouds, fog; computed once per scene light, shared by every camera."""
