"""Words that the carrier itself acts upon and answers when they stand alone: they are noted, never answered again."""

from __future__ import annotations

import re
from enum import StrEnum

from telephony.inbound import OptOutType


class Verb(StrEnum):
    """What the carrier did with a text."""

    STOP = "stop"
    START = "start"
    HELP = "help"


# The carrier's default lists (telephony notes 4): the whole message, in any case.
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP"})
YES = "YES"  # ends a stop, and is a plain answer otherwise
HELP_WORDS = frozenset({"HELP", "INFO"})
RESERVED = STOP_WORDS | START_WORDS | HELP_WORDS | {YES}
"""Words that no text may ask for."""

_KINDS = {OptOutType.STOP: Verb.STOP, OptOutType.START: Verb.START, OptOutType.HELP: Verb.HELP}
_LETTERS = re.compile(r"[^A-Za-z]")


def acted_upon(body: str, named: OptOutType | None, *, has_stopped: bool) -> Verb | None:
    """What the carrier did by itself. `named` is what it says of the text, if it does; else its default words."""
    if named is not None:
        return _KINDS[named]
    word = body.strip().upper()
    if word in STOP_WORDS:
        return Verb.STOP
    if word in START_WORDS or (word == YES and has_stopped):
        return Verb.START
    return Verb.HELP if word in HELP_WORDS else None


def stops_everything(body: str) -> bool:
    """Whether a stop is one of the carrier's words, however it is dressed up ("Stop!!"): those stop everything."""
    return _LETTERS.sub("", body).upper() in STOP_WORDS
