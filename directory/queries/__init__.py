"""Reads of places and people; the condition that keeps every read in the reader's area stands in `scoping`."""
