"""The table of who takes which answer, whether it came by text or by phone. Filled once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from understanding import Reading


class Channel(StrEnum):
    """The way an answer came."""

    SMS = "sms"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered, how it was read, and to which question."""

    msisdn: str  # E.164 of the sender
    words: str
    reading: Reading
    question: str  # kind of the open question; empty for free text
    about: str  # ticket code the answer is about; empty when none is known
    reference: int | None  # id of the row that the question was about (a dispatch, a follow-up)
    at: datetime
    channel: Channel
    message_id: int | None = None  # InboundSms.id when it came by text


@dataclass(frozen=True, slots=True)
class Ask:
    """The next question that a reply puts to the same person."""

    kind: str
    about: str
    reference: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say back to the sender: the name of a wording and the facts it needs."""

    wording: str
    facts: Mapping[str, object] = field(default_factory=dict)
    about: str = ""
    asks: Ask | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer was acted upon. `reply` may be None: nothing need be said. `closes` ends the question."""

    reply: Reply | None = None
    closes: bool = True


Taker = Callable[[Any, Answer], Taken | None]  # (uow, answer); None: the words answer something else


@dataclass(frozen=True, slots=True)
class Question:
    """What a kind of question is: how replies to it are read, which intents answer it, and who acts on them.

    `context` is the understanding context (`resident:visit`, `provider:offer`, ...). `takes_digits` tells whether a
    bare digit can answer it. `take` returns Taken, or None when the words answer something else.
    """

    context: str
    intents: frozenset[str]
    takes_digits: bool
    take: Taker


FreeTextTaker = Callable[[Any, str, str, datetime, int | None], Taken | None]  # (uow, msisdn, words, at, message_id)

_questions: dict[str, Question] = {}
_free_text: list[FreeTextTaker] = []


def wire(questions: Mapping[str, Question], free_text: Sequence[FreeTextTaker]) -> None:
    """Put the tables of the composition root in place of what was there."""
    _questions.clear()
    _questions.update(questions)
    _free_text[:] = free_text


def question(kind: str) -> Question:
    """What this kind of question is. Raises KeyError for a kind nobody takes (a test checks that there is none)."""
    return _questions[kind]


def kinds() -> frozenset[str]:
    """Every kind of question that somebody takes."""
    return frozenset(_questions)


def free_text_takers() -> tuple[FreeTextTaker, ...]:
    """Who is asked, in order, about a text that answers no open question."""
    return tuple(_free_text)
