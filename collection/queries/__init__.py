"""Reads of batches, their rows, pairs that may be one person, and what goes out."""
