"""What is changed by hand on the page of a person, and who is entered. A refused form stays as it was typed."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from flask.typing import ResponseReturnValue

from console.cards import choices, may_at
from console.routes.answering import Named, in_place, on_person, to_person
from console.routes.blueprint import bp, show
from console.routes.household_actions import move_as_typed
from console.routes.people import scoped_person
from console.routes.people_forms import (
    LONGEST,
    asks_himself,
    needed_day,
    typed_choice,
    typed_community,
    typed_day,
    typed_id,
    typed_word,
)
from console.typed import Typed
from core.uow import UnitOfWork, unit_of_work
from directory.errors import FieldRefused
from directory.models import AccessNeed, ResidenceKind
from directory.queries import people as queries
from directory.service import contacts, people, residence
from directory.service.contacts import Described
from directory.service.people import Facts
from staff.guard import actor, current_scope, needs


def _new_again(uow: UnitOfWork, _: Named, typed: Typed) -> str:
    return show("person_new.html", uow, page=_new_page(uow, typed))


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
@in_place(_new_again)
def enter_person() -> ResponseReturnValue:
    """Enter him, with the household that lives there when it is known."""
    with unit_of_work(actor()) as uow:
        person = people.enter(
            uow,
            _facts(),
            community_code=typed_community(uow),
            address=typed_word("address", 200),
            residence=typed_choice("kind", ResidenceKind) or ResidenceKind.UNKNOWN,
            since=typed_day("on"),
            asks_himself=asks_himself(),
        )
        if typed_word("number"):
            label = Described(typed_word("label", 32))
            contacts.add(uow, person.id, typed_word("number"), label, asks_himself=asks_himself())
    return to_person(person.id, "entered")


@bp.post("/persons/<int:person_id>/correct")
@needs("people.write")
@in_place(on_person)
def correct_person(person_id: int) -> ResponseReturnValue:
    """Put right what is known of him."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        people.correct(uow, one.id, _facts(), request.form.get("mark", ""), asks_himself=asks_himself())
    return to_person(person_id, "saved")


@bp.post("/persons/<int:person_id>/move")
@needs("people.write")
@in_place(on_person)
def move_person(person_id: int) -> ResponseReturnValue:
    """He lives elsewhere from a day on."""
    with unit_of_work(actor()) as uow:
        move_as_typed(uow, [scoped_person(uow, person_id).id])
    return to_person(person_id, "moved")


@bp.post("/persons/<int:person_id>/end")
@needs("people.write")
@in_place(on_person)
def end_person(person_id: int) -> ResponseReturnValue:
    """He moved away, died, or neither after all."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        match request.form.get("what", ""):
            case "left":
                residence.leave(uow, one.id, needed_day("on"))
            case "died":
                residence.die(uow, one.id, needed_day("on"))
            case "back":
                residence.take_back_end(uow, one.id)
            case _:
                raise FieldRefused("what", "unknown_choice")
    return to_person(person_id, "saved")


@bp.post("/persons/<int:person_id>/helper")
@needs("people.write")
@in_place(on_person)
def name_helper(person_id: int) -> ResponseReturnValue:
    """Who gets his messages: somebody of the household, or whoever has a number."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        helper = typed_id("helper")
        if request.form.get("number", "").strip():
            helper = _by_number(uow, one.household.community_code)
        elif helper is not None:
            helper = scoped_person(uow, helper).id
        people.set_helper(uow, one.id, helper)
    return to_person(person_id, "helper_named" if helper else "helper_gone")


def _new_page(uow: UnitOfWork, typed: Typed) -> dict[str, object]:
    page = choices(uow, current_scope(), may_at(uow, _first_place(uow)))
    only = page["communities"][0][0] if len(page["communities"]) == 1 else ""
    return {"typed": replace(typed, fields={"community": only, **typed.fields}), **page}


def _first_place(uow: UnitOfWork) -> str:
    return next((prefix for prefix in current_scope().prefixes), uow.policy.city.root) or uow.policy.city.root


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


def _facts() -> Facts:
    return Facts(
        name=typed_word("name", 64),
        sex=request.form.get("sex", ""),
        birth_date=typed_day("birth_date"),
        lang=request.form.get("lang", "zh"),
        access_need=typed_choice("access_need", AccessNeed),
        registered_place=typed_word("registered_place", 100),
        nationality=typed_word("nationality", 2).upper(),
    )
