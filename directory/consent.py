"""May we write to a number for a purpose: consent by purpose, and stops."""

from __future__ import annotations

from enum import StrEnum


class Held(StrEnum):
    """Why a text is held back; empty when it may go."""

    NO = ""
    STOPPED_ALL = "stopped_all"
    STOPPED_NOTICES = "stopped_notices"
    NO_CONSENT = "no_consent"


def held_back(purpose: str, stopped: str | None, *, has_consent: bool) -> Held:
    """Why a text of this purpose may not go to somebody who stopped this much (`notices`, `all`, None).

    Danger is told to everybody, and the one text that confirms a stop or a return is exempt. A text about one's own
    ticket needs no consent but respects a full stop. A notice needs consent that was given and not withdrawn.
    """
    if purpose in ("emergency", "system"):
        return Held.NO
    if stopped == "all":
        return Held.STOPPED_ALL
    if purpose == "service":
        return Held.NO
    if stopped is not None:
        return Held.STOPPED_NOTICES
    return Held.NO if has_consent else Held.NO_CONSENT


def stricter(stopped: str | None, *, is_everything: bool) -> str:
    """How much is stopped after another stop: first the notices, the second time all, or all at once when asked."""
    return "all" if is_everything or stopped is not None else "notices"
