"""Living documents: rooms that sync them, triggers that turn edits into renders, the hand that attaches pictures.

Knows nothing of HTTP. Promises are numbered in SPEC.md and quoted by the tests.
"""
