"""How much of a number, a name or a reason a reader gets: the one rule that every page of the console follows."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from directory.scope import Scope
from telephony.msisdn import masked

SHORTEST_REASON = 4
"""Letters, characters and digits that differ, at least: a dot or a row of ones says nothing."""
FEWEST_LETTERS = 2
"""Of these; the code of a ticket and one word are a reason, a number alone is none."""
LONGEST_REASON = 200
OURS = 86
HAN = range(0x3400, 0xA000)


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A number as one reader sees it; `may_reveal` gives him the form that asks for a reason."""

    text: str
    is_full: bool
    may_reveal: bool


def number(e164: str | None, scope: Scope) -> ShownNumber | None:
    """The whole number for who may see numbers, the last four digits for everybody else; None where there is none."""
    if not e164:
        return None
    if scope.may("numbers.see"):
        return ShownNumber(in_full(e164), True, False)
    return ShownNumber(masked(e164), False, scope.may("numbers.reveal"))


def in_full(e164: str) -> str:
    """A number in groups, as people of its country write it: `162 0000 0901`, `0978 555 9901`, `+44 20 7946 0018`."""
    try:
        parsed = phonenumbers.parse(e164)
    except NumberParseException:
        return e164
    is_ours = parsed.country_code == OURS
    return phonenumbers.format_number(
        parsed, PhoneNumberFormat.NATIONAL if is_ours else PhoneNumberFormat.INTERNATIONAL
    )


def name(full: str, scope: Scope) -> str:
    """A name whole for who works with these people every day, else as `partly` shows it."""
    return full if scope.may("people.freely") else partly(full)


def partly(full: str) -> str:
    """What is left of a name for readers who have to say why they want it: 唐**, T***."""
    first = full.strip()[:1]
    if not first:
        return ""
    return f"{first}**" if ord(first) in HAN else f"{first}***"


def is_a_reason(words: str) -> bool:
    """Whether words say why: some letters or characters, and not the same one again and again."""
    signs = {char for char in words.casefold() if char.isalnum()}
    return len(signs) >= SHORTEST_REASON and sum(char.isalpha() for char in signs) >= FEWEST_LETTERS
