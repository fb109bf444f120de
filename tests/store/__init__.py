"""Tests of the store package itself: what is not a contract that several implementations keep."""
