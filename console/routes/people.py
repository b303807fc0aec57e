"""The card of a household and of a person: who lives there, what is to be minded, where each value comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from config import policy as policy_file
from console import dealings, masking
from console.dealings import Dealing, Whom
from console.errors import ReasonSaysNothing, TooManyWords
from console.paging import cursor, is_id, read_cursor, read_id
from console.privacy import without_numbers
from console.routes.blueprint import bp, show
from console.words import matter, moment
from core import web
from core.uow import UnitOfWork, unit_of_work
from directory import caller
from directory.errors import HouseholdNotFound, PersonNotFound
from directory.language import OURS
from directory.models import AccessNeed, FlagKind, Household, LabelKind, Person, Provenance, ResidenceKind
from directory.queries import cards
from directory.queries import people as queries
from directory.queries.cards import Number, PersonFile, SourceOf
from directory.queries.places import communities, names_of
from directory.scope import Scope
from directory.service import flags
from directory.service.people import SEXES, Facts, mark_of
from staff import queries as staff_queries
from staff.guard import actor, current_scope, current_user, needs
from staff.permissions import Permission, scope_for

PARTS_OF_THE_HOUSE = frozenset(
    {"import", "merge", "moved", "refused", "privacy", "call", "placed", "sms", "text", "job", "cli", "demo"}
)
"""First words of the actors and of the evidence that are no users."""
NUMBERS = ("mobile", "landline")
SPOKEN = tuple(OURS)
FIELDS = frozenset(
    (
        *("name", "sex", "birth_date", "lang", "access_need", "registered_place", "nationality", "identity"),
        *("community_code", "address", "residence_kind", "living_since", "left_on", "died_on"),
        *("mobile", "landline", "consent", "helper", "head"),
    )
)
"""Fields of provenance that the pages have a word for."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was refused: which one, what stood in it, why, and at which input."""

    action: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    at: str = ""


NOTHING_TYPED = Typed()


@dataclass(frozen=True, slots=True)
class May:
    """Which parts and buttons a reader has in this community."""

    freely: bool
    write: bool
    flags: bool
    labels: bool
    tickets: bool


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Where one value comes from, in words."""

    field: str
    value: str
    source: str
    batch_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person as cards draw him."""

    file: PersonFile
    name: str
    age: int | None
    is_head: bool
    helper: str
    sources: tuple[SourceLine, ...]


@dataclass(frozen=True, slots=True)
class DealingView:
    """One call or text as cards draw it."""

    row: Dealing
    at: str
    words: str
    state: str


@bp.get("/households/<int:household_id>")
@needs("people.read")
def household(household_id: int) -> ResponseReturnValue:
    """A household. Who does not work with it every day is asked why first."""
    with unit_of_work(actor()) as uow:
        home = _home(uow, household_id)
        if not may_at(uow, home.community_code).freely:
            return show("people_purpose.html", uow, page=_gate(home, None))
        return show("household.html", uow, page=household_page(uow, household_id))


@bp.post("/households/<int:household_id>")
@needs("people.read")
def household_for_purpose(household_id: int) -> ResponseReturnValue:
    """The card for who says why; the reason is written down, and nothing of it is kept for the next time."""
    with unit_of_work(actor()) as uow:
        home = _home(uow, household_id)
        reason, refusal = _purpose()
        if refusal:
            return show("people_purpose.html", uow, page=_gate(home, None, reason, refusal)), 422
        return show("household.html", uow, page=household_page(uow, household_id, reason=reason))


@bp.get("/persons/<int:person_id>")
@needs("people.read")
def person(person_id: int) -> ResponseReturnValue:
    """One person; a merged one leads to whom he became."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        if one.id != person_id:
            return redirect(url_for("console.person", person_id=one.id), code=303)
        if not may_at(uow, one.household.community_code).freely:
            return show("people_purpose.html", uow, page=_gate(one.household, one))
        return show("person.html", uow, page=person_page(uow, one))


@bp.post("/persons/<int:person_id>")
@needs("people.read")
def person_for_purpose(person_id: int) -> ResponseReturnValue:
    """The same for who says why."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        reason, refusal = _purpose()
        if refusal:
            return show("people_purpose.html", uow, page=_gate(one.household, one, reason, refusal)), 422
        return show("person.html", uow, page=person_page(uow, one, reason=reason))


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
        "path": [_name(place) for place in card.path],
        "may": may,
        "persons": persons,
        "living": [one for one in persons if _is_here(one.file.person)],
        "more_from": offset + cards.PERSONS if offset + cards.PERSONS < card.count else None,
        "flags": [_flag(one, names, uow) for one in card.flags],
        "former": [_former(one, scope) for one in card.former],
        "places": names_of(uow.session, {code for one in card.files for code in _places_told(one)}),
        "reason": reason,
        "typed": typed,
        **_dealings(uow, scope, whom, may),
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
        "place": _name(home.community),
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
        "history": [_told(line, scope, names) for line in lines],
        "history_more": lines[-1].id if len(lines) == cards.HISTORY else None,
        "places": names_of(uow.session, {*_codes(lines), *_places_told(file)}),
        "reason": reason,
        "typed": typed,
        **_dealings(uow, scope, whom, may),
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


def scoped_person(uow: UnitOfWork, person_id: int) -> Person:
    """A person of the reader's area. Raises PersonNotFound."""
    if not is_id(person_id):
        raise PersonNotFound
    return queries.person(uow.session, current_scope(), person_id)


def who(name: str, names: Mapping[int, str]) -> str:
    """An actor or a source in words: the name of a user or of a list, or what part of the house it was."""
    kind, _, rest = name.partition(":")
    if kind == "user" and rest.isdecimal():
        return names.get(int(rest), name)
    number = rest.partition(":")[0]
    if kind == "import" and number.isdecimal():
        return web.say("console.people.batch", number=number)
    if kind not in PARTS_OF_THE_HOUSE:
        return name
    words = web.say(f"console.people.by.{kind}")
    return f"{words} {number}" if number.isdecimal() else words


def flag_marks(uow: UnitOfWork, scope: Scope, household_id: int | None) -> list[dict[str, Any]]:
    """What is to be known before somebody speaks with a household, for the head of another page."""
    if household_id is None or not scope.may("people.read"):
        return []
    standing = queries.flags_of(uow.session, scope, household_id, uow.local_now.date())
    return [{"kind": flag.kind, "note": flag.note} for flag in standing]


def _home(uow: UnitOfWork, household_id: int) -> Household:
    if not is_id(household_id):
        raise HouseholdNotFound
    return queries.household(uow.session, current_scope(), household_id)


def _gate(home: Household, one: Person | None, reason: str = "", refusal: str = "") -> dict[str, Any]:
    to_person = one is not None and url_for("console.person", person_id=one.id)
    return {
        "action": to_person or url_for("console.household", household_id=home.id),
        "place": _name(home.community),
        "address": home.address,
        "names": [masking.partly(row.name) for row in ([one] if one else home.persons)],
        "is_person": one is not None,
        "reason": reason,
        "refusal": refusal,
    }


def _purpose() -> tuple[str, str]:
    """The reason that was given, and the sentence that refuses it; empty when it will do."""
    reason = " ".join(request.form.get("reason", "").split())
    if len(reason) > masking.LONGEST_REASON:
        return reason, web.refusal_sentence(TooManyWords(masking.LONGEST_REASON))
    return reason, "" if masking.is_a_reason(reason) else web.refusal_sentence(ReasonSaysNothing())


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
        sources=tuple(_source(row, names) for row in file.sources),
    )


def _helper_name(helper: Person) -> str:
    """The name of a helper who lives in the reader's area; of others only that there is one."""
    if current_scope().covers(helper.household.community_code):
        return helper.name
    return web.say("console.people.helper_elsewhere")


def _source(row: SourceOf, names: Mapping[int, str]) -> SourceLine:
    return SourceLine(row.field, value_told(row.field, row.value), who(row.source, names), row.batch_id, row.at)


def value_told(name: str, value: str) -> str:
    """A value of provenance in words, with no more of a number than the reader may see."""
    if not value:
        return "–"
    if name in NUMBERS:
        shown = masking.number(value, current_scope())
        return shown.text if shown is not None else "–"
    if name == "helper":
        return f"#{value}"
    if name == "identity":
        return f"•••• {value[-4:]}"
    words = {"sex": SEXES, "lang": SPOKEN, "access_need": tuple(AccessNeed), "residence_kind": tuple(ResidenceKind)}
    if value in words.get(name, ()):
        return web.say(f"console.people.{name}.{value}")
    return web.say("console.people.yes") if name == "head" else value


def _told(line: Provenance, scope: Scope, names: Mapping[int, str]) -> dict[str, Any]:
    """One line of the history. Addresses of another area stay there."""
    rows = []
    for name in sorted(line.said):
        is_taken = name in line.taken
        said, before = str(line.said.get(name) or ""), str(line.before.get(name) or "") if is_taken else ""
        if name == "address":
            said = said if _is_mine(line.said, scope) else ""
            before = before if _is_mine(line.before, scope) else ""
        rows.append((name, value_told(name, said), value_told(name, before) if before else "", is_taken))
    return {
        "at": line.at,
        "source": who(line.source, names),
        "batch_id": line.batch_id,
        "row_no": line.row_no,
        "as_of": line.as_of,
        "rows": rows,
    }


def _is_mine(values: Mapping[str, Any], scope: Scope) -> bool:
    code = str(values.get("community_code") or "")
    return not code or scope.covers(code)


def _codes(lines: Sequence[Provenance]) -> Collection[str]:
    told = [values for line in lines for values in (line.said, line.before)]
    return {str(values["community_code"]) for values in told if values.get("community_code")}


def _places_told(file: PersonFile) -> Collection[str]:
    return {row.value for row in file.sources if row.field == "community_code"}


def _residence(row: Any, scope: Scope) -> dict[str, Any]:
    home = row.household
    is_mine = scope.covers(home.community_code)
    return {
        "row": row,
        "place": _name(home.community),
        "address": home.address if is_mine else "",
        "household_id": home.id if is_mine else None,
    }


def _former(row: Any, scope: Scope) -> dict[str, Any]:
    return {"row": row, "name": masking.name(row.person.name, scope)}


def _flag(flag: Any, names: Mapping[int, str], uow: UnitOfWork) -> dict[str, Any]:
    return {"row": flag, "author": who(flag.author, names), "added": moment(flag.added_at, uow.now)}


def _dealings(uow: UnitOfWork, scope: Scope, whom: Whom, may: May) -> dict[str, Any]:
    if not may.tickets:
        return {"tickets": (), "dealings": (), "tickets_more": None, "dealings_more": None}
    seen = scope_for(current_user().grants, Permission.TICKETS_READ, uow.now)
    tickets = dealings.tickets(uow.session, seen, whom, read_id(request.values.get("tickets", "")))
    rows = dealings.dealings(uow.session, seen, whom, _read_place(request.values.get("dealings", "")))
    return {
        "tickets": [
            {"code": row.code, "matter": matter(row), "state": row.state, "at": moment(row.opened_at, uow.now)}
            for row in tickets
        ],
        "tickets_more": tickets[-1].id if len(tickets) == dealings.TICKETS else None,
        "dealings": [_dealing(row, scope, uow.now) for row in rows],
        "dealings_more": f"{cursor(rows[-1].at, rows[-1].id)}~{rows[-1].way}"
        if len(rows) == dealings.DEALINGS
        else None,
    }


def _dealing(row: Dealing, scope: Scope, now: datetime) -> DealingView:
    words = row.words if scope.may("numbers.see") else without_numbers(row.words)
    state = {
        dealings.Way.CALL: f"console.outcome.{row.state}",
        dealings.Way.TEXT_OUT: f"console.delivery.{row.state}",
    }.get(row.way)
    return DealingView(row, moment(row.at, now), words, web.say(state) if state else "")


def _read_place(word: str) -> tuple[datetime, str, int] | None:
    """The place in the list of dealings at which a page goes on; None for what is no such place."""
    place, _, way = word.rpartition("~")
    found = read_cursor(place)
    return (found[0], way, found[1]) if found is not None and way in set(dealings.Way) else None


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
        "communities": [(row.code, _name(row)) for row in communities(uow.session, scope)] if may.write else [],
        "told_kinds": policy_file.current().directory.flags_told,
    }


def _name(place: Any) -> str:
    return str(place.name_zh if web.lang() == "zh" else place.name_en)


def _is_here(one: Person) -> bool:
    return one.died_on is None and one.left_on is None


@bp.context_processor
def _pieces_of_cards() -> dict[str, object]:
    return {"wish_now": wish_now, "known_fields": FIELDS, "told_by": lambda source: who(source, {})}


def wish_now(number: Number) -> dict[str, str]:
    """How a number stands: purpose -> given, withdrawn, stopped; the strictest counts."""
    found = {f"{line.purpose}": "given" if line.is_given else "withdrawn" for line in number.wishes if line.is_latest}
    if any(stop.scope == "all" for stop in number.stops):
        return {"service": "stopped", "notice": "stopped"}
    if number.stops:
        found["notice"] = "stopped"
    return found


def day_told(day: date | None) -> str:
    """A day of somebody's life, with its year; a dash for none."""
    return day.isoformat() if day is not None else "–"


bp.add_app_template_filter(day_told, "day_told")
