"""Tests of the channel of texts."""
