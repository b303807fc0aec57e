"""What the line says: the sentences of ivr/wording with their blanks filled from the call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from config import catalogue as catalogue_file
from config import dialog as dialog_file
from core import wording
from core.uow import UnitOfWork
from directory import dwelling
from directory.caller import Caller
from directory.queries import people, places
from ivr import prompts, tree
from ivr.models import Call, CallToPlace
from ivr.reply import Sentence
from ivr.said import Said
from ivr.tree import Tree
from ticketing.models import Ticket
from ticketing.service import tickets

PACKAGE = "ivr"
OTHER = "other."


@dataclass(slots=True)
class Turn:
    """One answer being worked on: the call, what it has told us, and what the acts found on the way."""

    uow: UnitOfWork
    call: Call
    said: Said
    tree: Tree
    facts: dict[str, str] = field(default_factory=dict)  # blanks that an act has filled
    _caller: Caller | None = None
    _ticket: Ticket | None = None

    @property
    def lang(self) -> str:
        """The language that is spoken now."""
        return self.call.lang

    @property
    def caller(self) -> Caller:
        """Who calls, looked up at most once for an answer."""
        if self._caller is None:
            self._caller = caller_of(self.uow, self.call.msisdn)
        return self._caller

    @property
    def ticket(self) -> Ticket | None:
        """The ticket that is talked about; only ever one of the caller's own."""
        if self._ticket is None and self.said.ticket and self.call.msisdn:
            self._ticket = tickets.own(self.uow.session, self.said.ticket, self.call.msisdn)
        return self._ticket

    def talk_about(self, ticket: Ticket) -> None:
        """From here on the talk is about this ticket."""
        self._ticket = ticket
        self.said.ticket = ticket.code


@lru_cache(maxsize=1)
def dialog() -> Tree:
    """The dialog of this installation. Raises BadSetting when a caller could get stuck in it."""
    sentences = {lang: wording.catalogue(PACKAGE, lang) for lang in wording.LANGUAGES}
    return tree.check(tree.build(dialog_file.current()), sentences, catalogue_file.current().services)


def caller_of(uow: UnitOfWork, msisdn: str | None) -> Caller:
    """Who this number belongs to, on this day."""
    return people.caller(
        uow.session, msisdn, today=uow.local_now.date(), from_age=uow.policy.ivr.prefer_person_from_age
    )


def compose(turn: Turn, keys: Iterable[str]) -> tuple[Sentence, ...]:
    """The sentences of these keys, in the language of the call; those under `other.` in the other one."""
    return tuple(_sentence(turn, key) for key in keys)


def greeting(uow: UnitOfWork, dialog_tree: Tree, lang: str) -> tuple[Sentence, ...]:
    """What every call begins with, before anything is known of it."""
    city = uow.policy.city.name[lang]
    return tuple(Sentence(wording.say(PACKAGE, key, lang, city=city), lang) for key in dialog_tree.opening)


def word(key: str, lang: str, **facts: object) -> str:
    """One sentence or word of ivr/wording."""
    return wording.say(PACKAGE, key, lang, **facts)


@lru_cache(maxsize=4)
def hints(lang: str) -> tuple[str, ...]:
    """What the speech engine should expect to hear: the names of the services."""
    return tuple(prompts.spoken_name(one.name[lang], lang) for one in catalogue_file.current().services.values())


def of_placed(uow: UnitOfWork, call: CallToPlace) -> list[str]:
    """What a called duty phone hears: the matter and the code, nothing of the resident."""
    ticket = tickets.get(uow, call.about) if call.about else None
    danger = call.facts.get("danger")
    return [
        word(
            f"placed.{call.wording}",
            call.lang,
            city=uow.policy.city.name[call.lang],
            code=prompts.in_pairs(call.about, call.lang),
            service=service_name(uow, ticket.service if ticket else "", call.lang),
            danger=word(f"danger.{danger}", call.lang) if danger else "",
        )
    ]


def service_name(uow: UnitOfWork, service: str, lang: str) -> str:
    """A service as it is spoken; a word for "your question" when it is none of the catalogue's."""
    entry = uow.catalogue.services.get(service)
    return prompts.spoken_name(entry.name[lang], lang) if entry else word("status.no_service", lang)


def place_spoken(uow: UnitOfWork, place: str, address: str, lang: str) -> str:
    """Community and dwelling as they are read out."""
    words = dwelling.in_english(address) if lang == "en" else address
    return prompts.address_of(places.place_names(uow.session, place)[lang], words, lang)


def _sentence(turn: Turn, key: str) -> Sentence:
    lang = prompts.other_language(turn.lang, wording.LANGUAGES) if key.startswith(OTHER) else turn.lang
    needed = wording.blanks(wording.catalogue(PACKAGE, lang)[key])
    facts = {name: turn.facts[name] if name in turn.facts else FILLED[name](turn) for name in needed}
    return Sentence(word(key, lang, **facts), lang)


def _city(turn: Turn) -> str:
    return turn.uow.policy.city.name[turn.lang]


def _menu(turn: Turn) -> str:
    options = [(key, service_name(turn.uow, service, turn.lang)) for key, service in sorted(turn.tree.menu.items())]
    return prompts.chosen_by_keys(options, wording.catalogue(PACKAGE, turn.lang)["menu_item"], turn.lang)


def _service(turn: Turn) -> str:
    return service_name(turn.uow, turn.said.service, turn.lang)


def _ticket_service(turn: Turn) -> str:
    return service_name(turn.uow, turn.ticket.service if turn.ticket else "", turn.lang)


def _code(turn: Turn) -> str:
    return prompts.in_pairs(turn.said.ticket, turn.lang)


def _address(turn: Turn) -> str:
    return place_spoken(turn.uow, turn.said.place, turn.said.address, turn.lang)


def _mobile(turn: Turn) -> str:
    return prompts.in_groups(turn.said.mobile, turn.lang)


def _people(turn: Turn) -> str:
    options = [(str(place), person.name) for place, person in enumerate(turn.caller.persons, start=1)]
    return prompts.chosen_by_keys(options, wording.catalogue(PACKAGE, turn.lang)["who_item"], turn.lang)


def _nobody_key(turn: Turn) -> str:
    return str(len(turn.caller.persons) + 1)


def _number(turn: Turn) -> str:
    return turn.said.number


def _nothing(turn: Turn) -> str:
    return ""


FILLED: dict[str, Callable[[Turn], str]] = {
    "city": _city,
    "menu": _menu,
    "service": _service,
    "ticket_service": _ticket_service,
    "code": _code,
    "address": _address,
    "mobile": _mobile,
    "people": _people,
    "nobody_key": _nobody_key,
    "number": _number,
    "provider": _nothing,
    "eta": _nothing,
}
"""How each blank of a spoken sentence is filled (the names are ivr.tree.FACTS)."""
