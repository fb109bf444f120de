"""Rooms, sessions, saving, presence and fan-out."""
