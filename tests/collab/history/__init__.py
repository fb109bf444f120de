"""Compaction, retention, time travel and epochs."""
