"""Refusals that the person asking can be told about: three kinds, mapped to HTTP once in core.web."""

from __future__ import annotations


class HotlineError(Exception):
    """A refusal with one sentence for the person asking.

    `wording` is the key of that sentence in the domain's error wording, `facts` its blanks; the str() is for logs.
    """

    def __init__(self, wording: str, **facts: object) -> None:
        super().__init__(wording)
        self.wording = wording
        self.facts = facts


class NotFound(HotlineError):
    """There is no such thing, or the reader may not see it."""


class Conflict(HotlineError):
    """The thing is not in a state that allows this."""


class NotAllowed(HotlineError):
    """The reader's role does not reach so far."""
