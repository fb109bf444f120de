"""Seeded mutations of everything that comes in from outside."""
