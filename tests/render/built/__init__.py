"""Built worlds: the quad rasteriser, the city street and the room."""
