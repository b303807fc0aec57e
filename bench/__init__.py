"""Figures of the house, measured from outside: it starts the house's processes and imports none of its packages."""
