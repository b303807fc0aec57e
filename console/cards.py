"""What the card of a household and of a person shows: who lives there, what is to be minded, what was dealt with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from config import policy as policy_file
from console import masking
from console.dealing_words import dealings_told
from console.dealings import Whom
from console.paging import read_id
from console.privacy import without_numbers
from console.source_words import (
    SPOKEN,
    SourceLine,
    line_told,
    places_of_file,
    places_of_lines,
    source_line,
    value_told,
    who,
)
from console.typed import NOTHING_TYPED, Typed
from console.words import moment, place_name
from core import web
from core.uow import UnitOfWork
from directory import caller
from directory.models import AccessNeed, FlagKind, Household, LabelKind, Person, ResidenceKind
from directory.queries import cards
from directory.queries import people as queries
from directory.queries.cards import Number, PersonFile
from directory.queries.places import communities, names_of
from directory.scope import Scope
from directory.service import flags
from directory.service.people import SEXES, Facts, mark_of
from staff import queries as staff_queries
from staff.guard import current_scope, current_user
from staff.permissions import Permission, scope_for


@dataclass(frozen=True, slots=True)
class May:
    """Which parts and buttons a reader has in this community."""

    freely: bool
    write: bool
    flags: bool
    labels: bool
    tickets: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person as cards draw him."""

    file: PersonFile
    name: str
    age: int | None
    is_head: bool
    helper: str
    sources: tuple[SourceLine, ...]


def household_page(
    uow: UnitOfWork, household_id: int, typed: Typed = NOTHING_TYPED, reason: str = ""
) -> dict[str, Any]:
    """What the card of a household shows; that it was opened is written down. `typed` puts a refused form back."""
    scope, today = current_scope(), uow.local_now.date()
    offset = max(read_id(request.values.get("from", "")) or 0, 0)
    card = cards.household_card(uow.session, scope, household_id, today=today, offset=offset)
    home = card.household
    may = may_at(uow, home.community_code)
    _audit(uow, "household.read", f"household:{home.id}", home.community_code, reason)
    names = staff_queries.names_of(uow.session)
    persons = [_person(uow, one, home, names) for one in card.files]
    whom = Whom(
        tuple(number for one in card.files for number in one.ids),
        home.id,
        frozenset(number.contact.msisdn for one in card.files for number in one.numbers),
    )
    return {
        "household": home,
        "mark": mark_of(home),
        "card": card,
        "path": [place_name(place) for place in card.path],
        "may": may,
        "persons": persons,
        "living": [one for one in persons if _is_here(one.file.person)],
        "more_from": offset + cards.PERSONS if offset + cards.PERSONS < card.count else None,
        "flags": [_flag(one, names, uow) for one in card.flags],
        "former": [_former(one, scope) for one in card.former],
        "places": names_of(uow.session, {code for one in card.files for code in places_of_file(one)}),
        "reason": reason,
        "typed": typed,
        **dealings_told(uow, scope, whom, is_shown=may.tickets),
        **choices(uow, scope, may),
    }


def person_page(uow: UnitOfWork, one: Person, typed: Typed = NOTHING_TYPED, reason: str = "") -> dict[str, Any]:
    """What the page of one person shows; that it was opened is written down."""
    scope = current_scope()
    home = one.household
    may = may_at(uow, home.community_code)
    _audit(uow, "person.read", f"person:{one.id}", home.community_code, reason)
    names = staff_queries.names_of(uow.session)
    file = cards.person_files(uow.session, scope, [one])[0]
    before = read_id(request.values.get("history", ""))
    lines = cards.history(uow.session, scope, one.id, before)
    living = queries.household(uow.session, scope, home.id).persons
    whom = Whom(file.ids, None, frozenset(number.contact.msisdn for number in file.numbers))
    return {
        "person": one,
        "household": home,
        "place": place_name(home.community),
        "may": may,
        "view": _person(uow, file, home, names),
        "facts": Facts.of(one).told(),
        "told": {name: value_told(name, value) for name, value in Facts.of(one).told().items()},
        "mark": Facts.of(one).mark,
        "flags": [
            _flag(flag, names, uow) for flag in queries.flags_of(uow.session, scope, home.id, uow.local_now.date())
        ],
        "residences": [_residence(row, scope) for row in file.residences],
        "mistakes": [(row, who(row.told_by, names), moment(row.told_at, uow.now)) for row in file.mistakes],
        "others": [other for other in living if other.id != one.id],
        "history": [line_told(line, scope, names) for line in lines],
        "history_more": lines[-1].id if len(lines) == cards.HISTORY else None,
        "places": names_of(uow.session, {*places_of_lines(lines), *places_of_file(file)}),
        "reason": reason,
        "typed": typed,
        **dealings_told(uow, scope, whom, is_shown=may.tickets),
        **choices(uow, scope, may),
    }


def may_at(uow: UnitOfWork, code: str) -> May:
    """What the reader may do with people of a community, by all his grants."""
    grants = current_user().grants

    def covers(permission: Permission) -> bool:
        return scope_for(grants, permission, uow.now).covers(code)

    return May(
        freely=covers(Permission.PEOPLE_FREELY),
        write=covers(Permission.PEOPLE_WRITE),
        flags=covers(Permission.FLAGS_WRITE),
        labels=covers(Permission.LABELS_SEE),
        tickets=covers(Permission.TICKETS_READ),
    )


def flag_marks(uow: UnitOfWork, scope: Scope, household_id: int | None) -> list[dict[str, Any]]:
    """What is to be known before somebody speaks with a household, for the head of another page."""
    if household_id is None or not scope.may("people.read"):
        return []
    standing = queries.flags_of(uow.session, scope, household_id, uow.local_now.date())
    return [{"kind": flag.kind, "note": flag.note} for flag in standing]


def _audit(uow: UnitOfWork, action: str, subject: str, place: str, reason: str) -> None:
    uow.audit(action, subject, place=place, reason=without_numbers(reason))


def _person(uow: UnitOfWork, file: PersonFile, home: Household, names: Mapping[int, str]) -> PersonView:
    one = file.person
    until = one.died_on or uow.local_now.date()
    helper = one.helper
    return PersonView(
        file=file,
        name=one.name,
        age=caller.age_on(until, one.birth_date) if one.birth_date else None,
        is_head=one.id == home.head_id,
        helper=_helper_name(helper) if helper is not None else "",
        sources=tuple(source_line(row, names) for row in file.sources),
    )


def _helper_name(helper: Person) -> str:
    """The name of a helper who lives in the reader's area; of others only that there is one."""
    if current_scope().covers(helper.household.community_code):
        return helper.name
    return web.say("console.people.helper_elsewhere")


def _residence(row: Any, scope: Scope) -> dict[str, Any]:
    home = row.household
    is_mine = scope.covers(home.community_code)
    return {
        "row": row,
        "place": place_name(home.community),
        "address": home.address if is_mine else "",
        "household_id": home.id if is_mine else None,
    }


def _former(row: Any, scope: Scope) -> dict[str, Any]:
    return {"row": row, "name": masking.name(row.person.name, scope)}


def _flag(flag: Any, names: Mapping[int, str], uow: UnitOfWork) -> dict[str, Any]:
    return {"row": flag, "author": who(flag.author, names), "added": moment(flag.added_at, uow.now)}


def choices(uow: UnitOfWork, scope: Scope, may: May) -> dict[str, Any]:
    """What the lists of the forms offer; nothing for who has none of the forms."""
    today = uow.local_now.date()
    lasts = {kind.value: flags.expires_on(uow, kind).isoformat() for kind in FlagKind}
    return {
        "today": today.isoformat(),
        "languages": SPOKEN,
        "needs": tuple(AccessNeed),
        "sexes": SEXES,
        "residence_kinds": tuple(ResidenceKind),
        "flag_kinds": tuple(FlagKind) if may.flags else (),
        "flag_lasts": lasts,
        "label_kinds": tuple(LabelKind),
        "communities": [(row.code, place_name(row)) for row in communities(uow.session, scope)] if may.write else [],
        "told_kinds": policy_file.current().directory.flags_told,
    }


def _is_here(one: Person) -> bool:
    return one.died_on is None and one.left_on is None


def wish_now(number: Number) -> dict[str, str]:
    """How a number stands: purpose -> given, withdrawn, stopped; the strictest counts."""
    found = {f"{line.purpose}": "given" if line.is_given else "withdrawn" for line in number.wishes if line.is_latest}
    if any(stop.scope == "all" for stop in number.stops):
        return {"service": "stopped", "notice": "stopped"}
    if number.stops:
        found["notice"] = "stopped"
    return found
