"""What an answer on the phone comes to: keys and speech, heard against the question that was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import understanding
from ivr import reach
from ivr.tree import Meaning, Takes
from understanding import MAYBE, Intent, Reading, danger, numerals, phones, places, services
from understanding.folding import fold

CONTEXTS: Mapping[Takes, str] = MappingProxyType(
    {
        Takes.REQUEST: "ivr:describe",
        Takes.MORE: "ivr:more",
        Takes.YES_NO: "ivr:confirm",
        Takes.SERVICE_YES_NO: "ivr:confirm",
        Takes.ADDRESS_YES_NO: "ivr:confirm",
        Takes.ADDRESS: "ivr:address",
        Takes.WHO: "ivr:which_person",
        Takes.CODE: "ivr:code",
        Takes.MOBILE: "ivr:confirm",
    }
)

ALWAYS: Mapping[Intent, Meaning] = MappingProxyType(
    {
        Intent.HUMAN: Meaning.PERSON,
        Intent.REPEAT: Meaning.REPEAT,
        Intent.SLOWER: Meaning.SLOWER,
        Intent.LANGUAGE: Meaning.LANGUAGE,
    }
)
"""Wishes that are heard at every question."""

REQUESTS: Mapping[Intent, Meaning] = MappingProxyType(
    {
        Intent.QUESTION: Meaning.QUESTION,
        Intent.COMPLAINT: Meaning.COMPLAINT,
        Intent.SUGGESTION: Meaning.COMPLAINT,
        Intent.STATUS_QUERY: Meaning.STATUS,
        Intent.CANCEL: Meaning.CANCEL,
        Intent.UNRESOLVED: Meaning.AGAIN,
        Intent.AFFIRM: Meaning.YES,
        Intent.DENY: Meaning.NO,
        Intent.THANKS: Meaning.DONE,
        Intent.GOODBYE: Meaning.DONE,
        Intent.WRONG_NUMBER: Meaning.DONE,
        Intent.HELP: Meaning.MENU,
        # What only a person can change by phone for now.
        Intent.RESCHEDULE: Meaning.PERSON,
        Intent.ADDRESS_CHANGE: Meaning.PERSON,
        Intent.PHONE_CHANGE: Meaning.PERSON,
        Intent.OPT_OUT: Meaning.PERSON,
        Intent.OPT_IN: Meaning.PERSON,
    }
)

KEYS: Mapping[str, Meaning] = MappingProxyType(
    {"0": Meaning.PERSON, "*": Meaning.REPEAT, "9": Meaning.SLOWER, "8": Meaning.LANGUAGE}
)
"""Keys that mean the same at every question that takes one key."""

OPEN = frozenset({Takes.REQUEST, Takes.MORE})
ONE_KEY = OPEN | frozenset({Takes.YES_NO, Takes.SERVICE_YES_NO, Takes.ADDRESS_YES_NO, Takes.WHO, Takes.ADDRESS})
CODE_LENGTH = 4
OURS = frozenset({"zh", "en"})


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, as far as hearing the answer needs it."""

    takes: Takes
    lang: str  # zh or en
    now: datetime  # in the city's zone
    confidence: float  # of the speech engine; below it nothing was understood
    region: str  # ISO country of national numbers
    menu: Mapping[str, str] = field(default_factory=dict)  # key -> service
    names: Sequence[str] = ()  # of the persons who share the number, in the order they were read out
    codes: Sequence[str] = ()  # the caller's own tickets


@dataclass(frozen=True, slots=True)
class Answer:
    """What was meant. `words` is kept only when the speech engine was sure enough of it."""

    meaning: Meaning
    values: Mapping[str, str] = field(default_factory=dict)
    certainty: float = 1.0
    intent: str = ""
    words: str = ""


def hear(question: Question, digits: str, speech: str, confidence: float | None) -> Answer:
    """What the caller means who pressed `digits` (0-9, * and #) or said `speech`; both empty: silence.

    Danger counts however badly it was heard. Anything else below the engine's confidence was not understood.
    """
    if digits:
        return _pressed(question, digits)
    if not speech:
        return Answer(Meaning.SILENCE)
    if (found := danger.find(speech)) is not None:
        values = {"danger": found.kind.value, "number": found.number}
        return Answer(Meaning.EMERGENCY, values, intent=Intent.EMERGENCY, words=speech)
    if confidence is not None and confidence < question.confidence:
        return Answer(Meaning.UNCLEAR, certainty=0.0, intent=Intent.UNKNOWN)
    return _said(question, speech)


def _pressed(question: Question, digits: str) -> Answer:
    if question.takes not in ONE_KEY:
        return _keyed_number(question, digits)
    key = digits[0]
    if question.takes in OPEN:
        if key in question.menu:
            return Answer(Meaning.SERVICE, {"service": question.menu[key], "chosen": "yes"})
        if key in "7#":
            return Answer(Meaning.STATUS if key == "7" else Meaning.MENU)
    if question.takes is Takes.WHO and key.isdigit() and 1 <= int(key) <= len(question.names) + 1:
        is_nobody = int(key) > len(question.names)
        return Answer(Meaning.NONE) if is_nobody else Answer(Meaning.PICKED, {"place": str(int(key) - 1)})
    if question.takes in (Takes.YES_NO, Takes.SERVICE_YES_NO, Takes.ADDRESS_YES_NO) and key in "12":
        return Answer(Meaning.YES if key == "1" else Meaning.NO)
    return Answer(KEYS.get(key, Meaning.UNCLEAR))


def _keyed_number(question: Question, digits: str) -> Answer:
    number = digits.strip("*#")
    if not number:
        return Answer(Meaning.REPEAT if "*" in digits else Meaning.SILENCE)
    if set(number) == {"0"}:
        return Answer(Meaning.PERSON)
    if number in KEYS:
        return Answer(KEYS[number])
    if question.takes is Takes.MOBILE:
        mobile = reach.mobile(number, question.region)
        return Answer(Meaning.NUMBER, {"number": mobile}) if mobile else Answer(Meaning.UNCLEAR)
    if number == "1":
        return Answer(Meaning.YES)
    if number.isdigit() and len(number) == CODE_LENGTH:
        return Answer(Meaning.CODE, {"ticket": number})
    return Answer(Meaning.UNCLEAR)


def _said(question: Question, speech: str) -> Answer:
    reading = _read(question, speech, CONTEXTS[question.takes])
    if reading.intent in ALWAYS:
        meaning, values = ALWAYS[reading.intent], reading.values
        if meaning is Meaning.LANGUAGE and values.get("lang", "") not in OURS:
            meaning = Meaning.PERSON  # a language that only a person can speak
    else:
        meaning, values = _HEARERS[question.takes](question, speech, reading)
    return Answer(meaning, dict(values), reading.certainty, str(reading.intent), speech)


def _read(question: Question, speech: str, context: str) -> Reading:
    return understanding.read(
        speech, context=context, lang=question.lang, now=question.now, open_codes=tuple(question.codes)
    )


_Heard = tuple[Meaning, Mapping[str, str]]


def _request(question: Question, speech: str, reading: Reading) -> _Heard:
    values = reading.values
    if reading.certainty < MAYBE:
        return Meaning.UNCLEAR, values
    if reading.intent is Intent.NEW_REQUEST and values.get("service"):
        return Meaning.SERVICE, values
    meaning = REQUESTS.get(reading.intent, Meaning.UNCLEAR)
    if meaning in (Meaning.STATUS, Meaning.CANCEL, Meaning.AGAIN, Meaning.COMPLAINT):
        guesses = services.match(speech, lang=question.lang)
        if guesses and guesses[0].certainty >= MAYBE:
            return meaning, {"service": guesses[0].service, **values}
    return meaning, values


def _yes_no(question: Question, speech: str, reading: Reading) -> _Heard:
    meanings = {Intent.AFFIRM: Meaning.YES, Intent.DENY: Meaning.NO, Intent.GOODBYE: Meaning.NO}
    return meanings.get(reading.intent, Meaning.UNCLEAR), reading.values


def _service_yes_no(question: Question, speech: str, reading: Reading) -> _Heard:
    meaning, values = _yes_no(question, speech, reading)
    is_another = meaning is not Meaning.YES and bool(values.get("service")) and reading.certainty >= MAYBE
    return (Meaning.OTHER if is_another else meaning), values


def _address_yes_no(question: Question, speech: str, reading: Reading) -> _Heard:
    meaning, values = _yes_no(question, speech, reading)
    if meaning is not Meaning.YES and (address := places.find_address(speech)):
        return Meaning.OTHER, {**values, "address": address}
    return meaning, values


def _address(question: Question, speech: str, reading: Reading) -> _Heard:
    """The words as they were said: a person may have to read them."""
    is_address = reading.intent is Intent.ADDRESS_CHANGE and reading.certainty >= MAYBE
    return (Meaning.WORDS, {"address": speech}) if is_address else (Meaning.UNCLEAR, reading.values)


def _who(question: Question, speech: str, reading: Reading) -> _Heard:
    said = fold(speech).replace(" ", "")
    named = [place for place, name in enumerate(question.names) if fold(name).replace(" ", "") in said]
    if len(named) == 1:
        return Meaning.PICKED, {"place": str(named[0])}
    option = reading.values.get("option", "")
    if option.isdigit() and 1 <= int(option) <= len(question.names):
        return Meaning.PICKED, {"place": str(int(option) - 1)}
    is_nobody = reading.intent is Intent.DENY or option == str(len(question.names) + 1)
    return (Meaning.NONE if is_nobody else Meaning.UNCLEAR), reading.values


def _code(question: Question, speech: str, reading: Reading) -> _Heard:
    ticket = reading.values.get("ticket") or reading.values.get("digits")
    if ticket:
        return Meaning.CODE, {"ticket": ticket}
    return _yes_no(question, speech, _read(question, speech, CONTEXTS[Takes.YES_NO]))


def _mobile(question: Question, speech: str, reading: Reading) -> _Heard:
    digits = numerals.to_digits(fold(speech))
    said = phones.find_phone(digits)[0] or "".join(one for one in digits if one.isdigit())
    if number := reach.mobile(said, question.region):
        return Meaning.NUMBER, {"number": number}
    return _yes_no(question, speech, reading)


_HEARERS = {
    Takes.REQUEST: _request,
    Takes.MORE: _request,
    Takes.YES_NO: _yes_no,
    Takes.SERVICE_YES_NO: _service_yes_no,
    Takes.ADDRESS_YES_NO: _address_yes_no,
    Takes.ADDRESS: _address,
    Takes.WHO: _who,
    Takes.CODE: _code,
    Takes.MOBILE: _mobile,
}
