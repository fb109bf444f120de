"""Visibility cores: a polar cummax table for terrain, a homogeneous quad rasteriser for built things."""
