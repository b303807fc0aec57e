"""Reads of what pages need from more than one domain, in a fixed number of statements."""
