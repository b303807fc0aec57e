"""Absolute addresses for the carrier to call back, with how long it waits and what it tries again after the `#`."""

from __future__ import annotations

# The carrier reads the fragment and never sends it; it is no part of the signature. Our texts and receipts are
# idempotent, so they may be repeated after any failure; for a call one repeat has to fit into its 15 s.
MESSAGING = "rc=2&rp=5xx,ct,rt"
VOICE = "rt=5000&rc=1&rp=5xx,ct,rt"


def for_voice(public_url: str, path: str) -> str:
    """The address of a route that answers a call with TwiML. `path` begins with a slash and is already quoted."""
    return f"{public_url}{path}#{VOICE}"


def for_status(public_url: str, path: str) -> str:
    """The address of a route that notes what happened (receipts, call progress, recordings), or takes a text."""
    return f"{public_url}{path}#{MESSAGING}"


def sms_status(public_url: str, our_id: int | str) -> str:
    """Where the receipts of one text go: our own id is in the path, for the carrier's may not be stored yet."""
    return for_status(public_url, f"/sms/status/{our_id}")


def call_status(public_url: str) -> str:
    """Where the progress of calls goes."""
    return for_status(public_url, "/ivr/status")
