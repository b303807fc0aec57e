"""The go-live gate: which numbers this installation may text or call at all."""

from __future__ import annotations

from config.settings import Settings


def may_reach(number: str, settings: Settings) -> bool:
    """Whether a message or call may go to this E.164 number.

    With GO_LIVE off only ALLOWED_NUMBERS; a carrier on this machine reaches no real telephone, so all are allowed.
    """
    return settings.is_live or settings.carrier_is_loopback or number in settings.allowed_numbers
