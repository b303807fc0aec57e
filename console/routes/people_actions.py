"""What is changed by hand on the cards of households and people. A refused form stays as it was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.errors import TooManyWords
from console.paging import is_id, read_id
from console.routes.blueprint import bp, show
from console.routes.people import (
    NOTHING_TYPED,
    Typed,
    choices,
    household_page,
    may_at,
    person_page,
    scoped_person,
    who,
)
from console.words import moment
from core import web
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory.errors import FieldRefused, FlagNotFound, HouseholdNotFound, LabelNotFound
from directory.models import AccessNeed, ContactKind, FlagKind, Household, LabelKind, ResidenceKind
from directory.queries import cards
from directory.queries import people as queries
from directory.queries.places import communities
from directory.service import contacts, corrections, flags, labels, people, residence
from directory.service.contacts import Described
from directory.service.people import Facts
from staff import queries as staff_queries
from staff.guard import actor, current_scope, needs
from understanding.folding import printable

P = ParamSpec("P")
Kind = TypeVar("Kind", bound=StrEnum)
View = Callable[P, ResponseReturnValue]
LONGEST = 500


def in_place(view: View[P]) -> View[P]:
    """Tell a refusal on the card as it stands now, with what was typed still in its form."""

    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        try:
            return view(*args, **kwargs)
        except HotlineError as err:
            if isinstance(err, NotFound | NotAllowed):
                raise
            return _refused(err)

    return shown


@bp.get("/persons/new")
@needs("people.write")
def new_person() -> ResponseReturnValue:
    """The form for somebody whom no list has, at any door of the reader's area."""
    with unit_of_work(actor()) as uow:
        return show(
            "person_new.html", uow, page=_new_page(uow, Typed("", {"kind": "unknown", "lang": "zh", **request.args}))
        )


@bp.post("/persons/new")
@needs("people.write")
@in_place
def enter_person() -> ResponseReturnValue:
    """Enter him, with the household that lives there when it is known."""
    with unit_of_work(actor()) as uow:
        person = people.enter(
            uow,
            _facts(),
            community_code=_community(uow),
            address=_word("address", 200),
            residence=_choice("kind", ResidenceKind) or ResidenceKind.UNKNOWN,
            since=_day("on"),
            asks_himself=_asks_himself(),
        )
        if _word("number"):
            label = Described(_word("label", 32))
            contacts.add(uow, person.id, _word("number"), label, asks_himself=_asks_himself())
    return _to_person(person.id, "entered")


@bp.post("/households/<int:household_id>/describe")
@needs("people.write")
@in_place
def describe_household(household_id: int) -> ResponseReturnValue:
    """Note and language of a household."""
    with unit_of_work(actor()) as uow:
        _home(uow, household_id)
        seen = request.form.get("mark", "")
        people.describe(uow, household_id, note=_word("note"), lang=_word("lang"), seen=seen)
    return _to_household(household_id, "saved")


@bp.post("/households/<int:household_id>/head")
@needs("people.write")
@in_place
def name_head(household_id: int) -> ResponseReturnValue:
    """Who is head. The form says who was when it was drawn."""
    with unit_of_work(actor()) as uow:
        _home(uow, household_id)
        people.set_head(uow, household_id, _number("head"), instead_of=_number("was"))
    return _to_household(household_id, "saved")


@bp.post("/households/<int:household_id>/move")
@needs("people.write")
@in_place
def move_household(household_id: int) -> ResponseReturnValue:
    """Some of a household, or all, live elsewhere from a day on."""
    with unit_of_work(actor()) as uow:
        home = _home(uow, household_id)
        here = {person.id for person in home.persons}
        moving = [number for word in request.form.getlist("who") if (number := read_id(word)) in here]
        _move(uow, [number for number in moving if number is not None])
    return _to_household(household_id, "moved")


@bp.post("/households/<int:household_id>/flags")
@needs("flags.write")
@in_place
def raise_flag(household_id: int) -> ResponseReturnValue:
    """Note a risk or a need, until a day."""
    with unit_of_work(actor()) as uow:
        _home(uow, household_id)
        kind = _choice("kind", FlagKind)
        if kind is None:
            raise FieldRefused("kind", "unknown_choice")
        flags.raise_flag(uow, household_id, kind, note=_word("note", 200), until=_day("until"))
    return _to_household(household_id, "flag_raised")


@bp.post("/households/<int:household_id>/flags/<int:flag_id>/end")
@needs("flags.write")
@in_place
def end_flag(household_id: int, flag_id: int) -> ResponseReturnValue:
    """It is not so any more."""
    with unit_of_work(actor()) as uow:
        _home(uow, household_id)
        if not is_id(flag_id):
            raise FlagNotFound
        flags.end_flag(uow, household_id, flag_id)
    return _to_household(household_id, "flag_ended")


@bp.post("/persons/<int:person_id>/correct")
@needs("people.write")
@in_place
def correct_person(person_id: int) -> ResponseReturnValue:
    """Put right what is known of him."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        people.correct(uow, one.id, _facts(), request.form.get("mark", ""), asks_himself=_asks_himself())
    return _to_person(person_id, "saved")


@bp.post("/persons/<int:person_id>/move")
@needs("people.write")
@in_place
def move_person(person_id: int) -> ResponseReturnValue:
    """He lives elsewhere from a day on."""
    with unit_of_work(actor()) as uow:
        _move(uow, [scoped_person(uow, person_id).id])
    return _to_person(person_id, "moved")


@bp.post("/persons/<int:person_id>/end")
@needs("people.write")
@in_place
def end_person(person_id: int) -> ResponseReturnValue:
    """He moved away, died, or neither after all."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        match request.form.get("what", ""):
            case "left":
                residence.leave(uow, one.id, _needed_day("on"))
            case "died":
                residence.die(uow, one.id, _needed_day("on"))
            case "back":
                residence.take_back_end(uow, one.id)
            case _:
                raise FieldRefused("what", "unknown_choice")
    return _to_person(person_id, "saved")


@bp.post("/persons/<int:person_id>/helper")
@needs("people.write")
@in_place
def name_helper(person_id: int) -> ResponseReturnValue:
    """Who gets his messages: somebody of the household, or whoever has a number."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        helper = _number("helper")
        if request.form.get("number", "").strip():
            helper = _by_number(uow, one.household.community_code)
        elif helper is not None:
            helper = scoped_person(uow, helper).id
        people.set_helper(uow, one.id, helper)
    return _to_person(person_id, "helper_named" if helper else "helper_gone")


@bp.post("/persons/<int:person_id>/contacts")
@needs("people.write")
@in_place
def add_contact(person_id: int) -> ResponseReturnValue:
    """One more number."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        number = request.form.get("number", "")[:LONGEST]
        contacts.add(uow, one.id, number, _described(uow), asks_himself=_asks_himself())
    return _to_person(person_id, "number_added")


@bp.post("/persons/<int:person_id>/contacts/<int:contact_id>")
@needs("people.write")
@in_place
def change_contact(person_id: int, contact_id: int) -> ResponseReturnValue:
    """Describe a number, say how it was checked, or that it is wrong or right after all."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        at = contact_id if is_id(contact_id) else 0
        match request.form.get("what", ""):
            case "describe":
                contacts.describe(uow, one.id, at, _described(uow))
            case "verify":
                contacts.verify(uow, one.id, at, _word("how", 100))
            case "wrong":
                contacts.set_wrong(uow, one.id, at)
            case "right":
                contacts.set_right(uow, one.id, at)
            case _:
                raise FieldRefused("what", "unknown_choice")
    return _to_person(person_id, "saved")


@bp.post("/persons/<int:person_id>/mistake")
@needs("people.read")
@in_place
def tell_mistake(person_id: int) -> ResponseReturnValue:
    """Something about him is said to be wrong; whoever keeps the records checks it."""
    with unit_of_work(actor()) as uow:
        corrections.tell_mistake(uow, scoped_person(uow, person_id).id, _word("words"))
    return _to_person(person_id, "mistake_told")


@bp.post("/persons/<int:person_id>/corrections/<int:correction_id>")
@needs("people.write")
@in_place
def settle_mistake(person_id: int, correction_id: int) -> ResponseReturnValue:
    """It was looked at."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        told = correction_id if is_id(correction_id) else 0
        corrections.settle(uow, one.id, told, is_right=request.form.get("is_right") == "yes")
    return _to_person(person_id, "mistake_settled")


@bp.get("/corrections/<int:correction_id>")
@needs("people.read")
def correction(correction_id: int) -> ResponseReturnValue:
    """From a task to the person whose record is said to be wrong."""
    with unit_of_work(actor()) as uow:
        about = queries.person_of_correction(uow.session, current_scope(), correction_id if is_id(correction_id) else 0)
        return redirect(url_for("console.person", person_id=about), code=303)


@bp.get("/persons/<int:person_id>/labels")
@needs("labels.see")
def person_labels(person_id: int) -> ResponseReturnValue:
    """The sensitive labels of one person; each look is written down."""
    with unit_of_work(actor()) as uow:
        return _labels_page(uow, person_id)


@bp.post("/persons/<int:person_id>/labels")
@needs("labels.write")
@in_place
def give_label(person_id: int) -> ResponseReturnValue:
    """Mark somebody, on a basis, until it is looked at again."""
    with unit_of_work(actor()) as uow:
        kind = _choice("kind", LabelKind)
        if kind is None:
            raise FieldRefused("kind", "unknown_choice")
        one = scoped_person(uow, person_id)
        labels.give_label(uow, one.id, kind, basis=_word("basis", 200), review_by=_day("review_by"))
    return _to_labels(person_id, "label_given")


@bp.post("/persons/<int:person_id>/labels/<int:label_id>")
@needs("labels.write")
@in_place
def change_label(person_id: int, label_id: int) -> ResponseReturnValue:
    """It holds on until another look, or it is over."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        if not is_id(label_id):
            raise LabelNotFound
        if request.form.get("what") == "end":
            labels.end_label(uow, one.id, label_id)
        else:
            labels.review_label(uow, one.id, label_id, _day("review_by"))
    return _to_labels(person_id, "saved")


@bp.get("/labels")
@needs("labels.see")
def labels_due() -> ResponseReturnValue:
    """The labels that somebody has to look at again, the most overdue first."""
    with unit_of_work(actor()) as uow:
        day, _, last = request.args.get("after", "").partition("~")
        at, number = _read_day(day), read_id(last)
        after = (at, number) if at is not None and number is not None else None
        rows = cards.labels_due(uow.session, current_scope(), uow.local_now.date(), after)
        for code in sorted({person.household.community_code for _, person in rows}):
            count = sum(person.household.community_code == code for _, person in rows)
            uow.audit("labels.read", "labels:due", place=code, count=count)
        more = f"{rows[-1][0].review_by}~{rows[-1][0].id}" if len(rows) == cards.PERSONS else None
        return show("people_labels_due.html", uow, rows=rows, more=more)


def _labels_page(uow: UnitOfWork, person_id: int, typed: Typed = NOTHING_TYPED) -> str:
    one = scoped_person(uow, person_id)
    uow.audit("labels.read", f"person:{one.id}", place=one.household.community_code)
    names = staff_queries.names_of(uow.session)
    rows = cards.labels_of(uow.session, current_scope(), one.id)
    page = {
        "person": one,
        "labels": [
            (row, who(row.added_by, names), who(row.ended_by, names), moment(row.ended_at, uow.now)) for row in rows
        ],
        "may_write": current_scope().may("labels.write"),
        "typed": typed,
        "today": uow.local_now.date(),
        "label_kinds": tuple(LabelKind),
    }
    return show("person_labels.html", uow, page=page)


def _new_page(uow: UnitOfWork, typed: Typed) -> dict[str, object]:
    page = choices(uow, current_scope(), may_at(uow, _first_place(uow)))
    only = page["communities"][0][0] if len(page["communities"]) == 1 else ""
    return {"typed": replace(typed, fields={"community": only, **typed.fields}), **page}


def _first_place(uow: UnitOfWork) -> str:
    return next((prefix for prefix in current_scope().prefixes), uow.policy.city.root) or uow.policy.city.root


def _refused(err: HotlineError) -> ResponseReturnValue:
    """The page of the refused form again, in a unit of its own: what the form had begun is undone."""
    named = request.view_args or {}
    action = (request.endpoint or "").rpartition(".")[2]
    target = next(
        (str(named[name]) for name in ("contact_id", "correction_id", "flag_id", "label_id") if name in named), ""
    )
    fields = {name: value for name, value in request.form.items() if name != "csrf_token"}
    if "who" in fields:
        fields["who"] = ",".join(request.form.getlist("who"))
    key = ":".join(part for part in (action, request.form.get("what", ""), target) if part)
    typed = Typed(key, fields, web.refusal_sentence(err), err.field if isinstance(err, FieldRefused) else "")
    with unit_of_work(actor()) as uow:
        if not _works_there(uow, named):
            return web.refuse(err)
        if action in ("give_label", "change_label"):
            page = _labels_page(uow, named["person_id"], typed)
        elif "person_id" in named:
            page = show("person.html", uow, page=person_page(uow, scoped_person(uow, named["person_id"]), typed))
        elif "household_id" in named:
            page = show("household.html", uow, page=household_page(uow, named["household_id"], typed))
        else:
            page = show("person_new.html", uow, page=_new_page(uow, typed))
        return page, web.status_of(err)


def _works_there(uow: UnitOfWork, named: Mapping[str, int]) -> bool:
    """Whether the reader gets the card without saying why; others are told the refusal and see nothing by it."""
    if "person_id" in named:
        return may_at(uow, scoped_person(uow, named["person_id"]).household.community_code).freely
    if "household_id" in named:
        return may_at(uow, _home(uow, named["household_id"]).community_code).freely
    return True


def _home(uow: UnitOfWork, household_id: int) -> Household:
    if not is_id(household_id):
        raise HouseholdNotFound
    return queries.household(uow.session, current_scope(), household_id)


def _move(uow: UnitOfWork, person_ids: list[int]) -> None:
    kind = _choice("kind", ResidenceKind) or ResidenceKind.UNKNOWN
    code = _community(uow)
    residence.move_together(uow, person_ids, code, _word("address", 200), _needed_day("on"), kind)


def _by_number(uow: UnitOfWork, code: str) -> int:
    """The one person of the reader's area who is known by the number that was typed."""
    msisdn = contacts.clean(uow, request.form.get("number", "")[:LONGEST], code).e164
    known = [
        one for one in queries.persons_of(uow.session, msisdn) if current_scope().covers(one.household.community_code)
    ]
    if not known:
        raise FieldRefused("number", "helper_unknown")
    if len(known) > 1:
        raise FieldRefused("number", "helper_unclear")
    return known[0].id


def _described(uow: UnitOfWork) -> Described:
    owner = _number("owner")
    if owner is not None:
        owner = scoped_person(uow, owner).id
    return Described(_word("label", 32), owner, _choice("line", ContactKind))


def _facts() -> Facts:
    return Facts(
        name=_word("name", 64),
        sex=request.form.get("sex", ""),
        birth_date=_day("birth_date"),
        lang=request.form.get("lang", "zh"),
        access_need=_choice("access_need", AccessNeed),
        registered_place=_word("registered_place", 100),
        nationality=_word("nationality", 2).upper(),
    )


def _community(uow: UnitOfWork) -> str:
    """A community of the reader's area that the form offered: a forged one is refused like any other word."""
    code = request.form.get("community", "")
    if not any(one.code == code for one in communities(uow.session, current_scope())):
        raise FieldRefused("community", "unknown_choice")
    return code


def _choice(field: str, kinds: type[Kind]) -> Kind | None:
    """The choice of a list; None for none. Raises FieldRefused for a word that no list offers."""
    word = request.form.get(field, "")
    if not word:
        return None
    if word not in {kind.value for kind in kinds}:
        raise FieldRefused(field, "unknown_choice")
    return kinds(word)


def _number(field: str) -> int | None:
    return read_id(request.form.get(field, ""))


def _asks_himself() -> bool:
    """Whether somebody who was erased is said to ask himself that his data is kept again."""
    return request.form.get("again", "") == "yes"


def _needed_day(field: str) -> date:
    day = _day(field)
    if day is None:
        raise FieldRefused(field, "day_missing")
    return day


def _day(field: str) -> date | None:
    """A day as the form sends it; None for an empty one. Raises FieldRefused for what is no day."""
    word = request.form.get(field, "").strip()
    if not word:
        return None
    day = _read_day(word)
    if day is None:
        raise FieldRefused(field, "bad_date")
    return day


def _read_day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _word(field: str, most: int = LONGEST) -> str:
    """A field as it was typed, without signs that nobody sees: one that turns a line round would make a name another.

    Blanks at its ends are cut. Raises TooManyWords: cutting more would lose something.
    """
    words = printable(request.form.get(field, "").replace("\r\n", "\n")).strip()
    if len(words) > most:
        raise TooManyWords(most)
    return words


def _to_household(household_id: int, done: str) -> ResponseReturnValue:
    flash(web.say(f"console.people.done.{done}"), "ok")
    return redirect(url_for("console.household", household_id=household_id), code=303)


def _to_person(person_id: int, done: str) -> ResponseReturnValue:
    flash(web.say(f"console.people.done.{done}"), "ok")
    return redirect(url_for("console.person", person_id=person_id), code=303)


def _to_labels(person_id: int, done: str) -> ResponseReturnValue:
    flash(web.say(f"console.people.done.{done}"), "ok")
    return redirect(url_for("console.person_labels", person_id=person_id), code=303)
