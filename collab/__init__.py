"""Living documents: rooms that sync them, triggers that turn edits into render requests, and the hand that attaches pictures.

Knows nothing of HTTP. Promises are numbered in SPEC.md and quoted by the tests.
"""
