"""What the person on the duty phone hears before a caller is put through: from where, and what to mind there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from directory.caller import PersonCard
from directory.models import Flag, FlagKind
from directory.queries import people
from directory.scope import Scope
from ivr import whisper
from ivr.models import CallOutcome
from ivr.reply import Sentence
from ivr.service import speech
from ivr.service.speech import Turn

log = logging.getLogger(__name__)

WEIGHT = (
    FlagKind.VIOLENCE,
    FlagKind.DEAF,
    FlagKind.LIVES_ALONE,
    FlagKind.OTHER,
    FlagKind.DOG,
    FlagKind.NO_LIFT,
)
"""What matters most to somebody who is about to speak with the household comes first."""


@dataclass(frozen=True, slots=True)
class Home:
    """The household that calls, as far as the number and the call tell, and who of it when that is known."""

    household_id: int
    community_code: str
    address: str
    name: str  # empty: somebody of the household


def has_any(turn: Turn) -> bool:
    """Whether there is something to tell. Never raises: a caller must be put through whatever is wrong with a note."""
    try:
        with turn.uow.attempt():
            return bool(sentences(turn))
    except Exception:
        log.exception("nobody can be told what to mind before call %d is put through", turn.call.id)
        return False


def sentences(turn: Turn) -> tuple[Sentence, ...]:
    """From where the call comes and what to mind there; empty when nothing is known. Never a number.

    In danger the address comes first, the one that was given in this call before the one on file.
    """
    lang = turn.uow.policy.city.languages[0]
    home = _home(turn)
    marks = _marks(turn, home, lang) if home is not None else []
    if turn.call.outcome is CallOutcome.EMERGENCY:
        return _fitted(_where(turn, home, lang, is_marked=bool(marks)), marks, lang, whisper.LONGEST_IN_DANGER)
    return _fitted(_who(turn, home, lang), marks, lang, whisper.LONGEST)


def _fitted(first: Sequence[Sentence], marks: Sequence[Sentence], lang: str, longest: float) -> tuple[Sentence, ...]:
    return whisper.fitted(first, marks, _say("more", lang), longest) if first else ()


def _who(turn: Turn, home: Home | None, lang: str) -> list[Sentence]:
    if home is None:
        return _of_several(turn, lang)
    if not home.name:
        return [_place(turn, "home", home.community_code, home.address, lang)]
    return [_name(home.name, lang), _place(turn, "lives", home.community_code, home.address, lang)]


def _where(turn: Turn, home: Home | None, lang: str, *, is_marked: bool) -> list[Sentence]:
    """Where help is needed; when that is not where the caller lives, what follows is said to be about his home."""
    said = turn.said
    if said.address and (home is None or said.address != home.address):
        place = _place(turn, "danger", said.place, said.address, lang)
        return [place, _say("elsewhere", lang)] if is_marked else [place]
    if home is None:
        return _of_several(turn, lang, "danger_several")
    return [_place(turn, "danger", home.community_code, home.address, lang)]


def _home(turn: Turn) -> Home | None:
    """The household of who was named in the call or alone has the number, or the only one that shares it.

    None for a caller who said that he is none of those who are known by the number.
    """
    if turn.said.is_someone_else:
        return None
    persons = turn.caller.persons
    card = next((one for one in persons if one.person_id == turn.said.person_id), None) or turn.caller.one
    if card is not None:
        return _home_of(card, card.name)
    if len({one.household_id for one in persons}) == 1:
        return _home_of(persons[0], "")
    return None


def _home_of(card: PersonCard, name: str) -> Home:
    return Home(
        card.household_id, card.community_code, card.address, name if name and whisper.is_speakable(name) else ""
    )


def _of_several(turn: Turn, lang: str, key: str = "several") -> list[Sentence]:
    return [_say(key, lang)] if turn.caller.persons and not turn.said.is_someone_else else []


def _marks(turn: Turn, home: Home, lang: str) -> list[Sentence]:
    uow = turn.uow
    speaks = [_say(f"speaks_{turn.lang}", lang)] if turn.lang != lang else []
    standing = people.flags_of(uow.session, Scope.system(), home.household_id, uow.local_now.date())
    return speaks + [_mark(flag, lang) for flag in _weighed(standing)]


def _weighed(flags: Sequence[Flag]) -> list[Flag]:
    return sorted(flags, key=lambda flag: (WEIGHT.index(flag.kind), flag.id))


def _mark(flag: Flag, lang: str) -> Sentence:
    """A mark in the line's own words; what was noted with it is read out only where it is all there is."""
    if flag.kind is not FlagKind.OTHER:
        return _say(flag.kind.value, lang)
    if not whisper.is_speakable(flag.note):
        return _say("note", lang)
    spoken = whisper.tongue(flag.note)
    return Sentence(speech.word("whisper.words", spoken, words=whisper.bare(flag.note)), spoken)


def _name(name: str, lang: str) -> Sentence:
    spoken = lang if lang == "zh" else whisper.tongue(name)  # a Chinese voice reads letters, an English one no signs
    return Sentence(speech.word("whisper.name", spoken, name=whisper.short(name, whisper.LONGEST_NAME)), spoken)


def _place(turn: Turn, key: str, place: str, address: str, lang: str) -> Sentence:
    """A sentence with an address, in the language in which all of it can be read."""
    words = speech.place_spoken(turn.uow, place, address, lang)
    spoken = lang if lang == "zh" else whisper.tongue(words)
    if spoken != lang:
        words = speech.place_spoken(turn.uow, place, address, spoken)
    return Sentence(speech.word(f"whisper.{key}", spoken, address=whisper.short(words)), spoken)


def _say(key: str, lang: str) -> Sentence:
    return Sentence(speech.word(f"whisper.{key}", lang), lang)
