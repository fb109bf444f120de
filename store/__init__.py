"""Bytes, rows and ids: objects under their own sha256, the append-only update log, the job ledger, people, the relay.

Knows neither what is in a document nor what a picture is. Imports none of the other packages.
"""
