"""Clients that everybody uses, unchanged, against our rooms."""
