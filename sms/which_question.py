"""Which open question a text answers: by the code it names, by what it can mean to each question, then by age."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from understanding import MAYBE, SURE, Intent, Reading

MEANS_LITTLE = frozenset({Intent.ACK, Intent.THANKS, Intent.QUESTION})
"""Said to anything: such words go to the newest question instead of raising the question which one is meant."""

HARMLESS = MEANS_LITTLE | {Intent.ETA, Intent.RESCHEDULE, Intent.QUOTE, Intent.COMPLAINT}
"""Readings that may be unsure: whoever takes them asks for what is missing, or a person reads them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and what the text would mean as an answer to it."""

    id: int
    about: str  # ticket code
    asked_at: datetime
    takes_digits: bool
    intents: frozenset[str]  # those that answer it
    reading: Reading

    @property
    def is_answered(self) -> bool:
        """Whether the text is an answer to it, sure enough to act upon."""
        meant = self.reading
        if meant.intent.value not in self.intents:
            return False
        is_harmless = meant.intent in HARMLESS or (meant.intent is Intent.COMPLETE and "amount" not in meant.values)
        return meant.certainty >= (MAYBE if is_harmless else SURE)


@dataclass(frozen=True, slots=True)
class Choice:
    """The question that is answered, or the codes of those between which only the sender can tell; neither: none."""

    question: Candidate | None = None
    codes: tuple[str, ...] = ()


def choose(
    candidates: Sequence[Candidate],
    *,
    named: Collection[str],
    has_digit: bool,
    now: datetime,
    newest_wins_after: timedelta,
) -> Choice:
    """Choose among questions, the newest first.

    `named` are the codes in the text, `has_digit` tells that it chooses by a digit ("1 40分钟到"). A named code
    decides. Of several that fit, the newest counts when it takes digits and the others are older than
    `newest_wins_after`; several questions about one ticket are one matter. Reports on jobs are never
    guessed.
    """
    if named:
        candidates = [one for one in candidates if one.about in named] if len(named) == 1 else []
    fits = [one for one in candidates if one.is_answered]
    if has_digit:
        fits = [one for one in fits if one.takes_digits] or fits
    fits = [one for one in fits if one.reading.intent not in MEANS_LITTLE] or fits[:1]
    if not fits:
        return Choice()
    newest, *others = fits
    rivals = [one for one in others if one.about != newest.about]
    if not rivals or (
        all(one.takes_digits for one in fits) and all(now - one.asked_at > newest_wins_after for one in rivals)
    ):
        return Choice(newest)
    return Choice(codes=tuple(sorted({one.about for one in fits})))


def choose_ended(candidates: Sequence[Candidate], *, named: Collection[str]) -> Candidate | None:
    """The newest of the questions that have ended which the text plainly answers: it comes late, or once more."""
    return next(
        (
            one
            for one in candidates
            if one.is_answered
            and one.reading.intent not in MEANS_LITTLE
            and (not named or (len(named) == 1 and one.about in named))
        ),
        None,
    )
