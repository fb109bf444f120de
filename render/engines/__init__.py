"""Engines: RenderSpec in, pixels out. The only part of the house that loads torch."""
