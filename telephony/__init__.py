"""Carriers behind one interface: what goes out to the telephone network and what comes in from it."""
