"""The numbers of a person, changed by hand on his page."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from console.paging import is_id
from console.routes.answering import in_place, on_person, to_person
from console.routes.blueprint import bp
from console.routes.people import scoped_person
from console.routes.people_forms import LONGEST, asks_himself, typed_choice, typed_id, typed_word
from core.uow import UnitOfWork, unit_of_work
from directory.errors import FieldRefused
from directory.models import ContactKind
from directory.service import contacts
from directory.service.contacts import Described
from staff.guard import actor, needs


@bp.post("/persons/<int:person_id>/contacts")
@needs("people.write")
@in_place(on_person)
def add_contact(person_id: int) -> ResponseReturnValue:
    """One more number."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        number = request.form.get("number", "")[:LONGEST]
        contacts.add(uow, one.id, number, _described(uow), asks_himself=asks_himself())
    return to_person(person_id, "number_added")


@bp.post("/persons/<int:person_id>/contacts/<int:contact_id>")
@needs("people.write")
@in_place(on_person)
def change_contact(person_id: int, contact_id: int) -> ResponseReturnValue:
    """Describe a number, say how it was checked, or that it is wrong or right after all."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        at = contact_id if is_id(contact_id) else 0
        match request.form.get("what", ""):
            case "describe":
                contacts.describe(uow, one.id, at, _described(uow))
            case "verify":
                contacts.verify(uow, one.id, at, typed_word("how", 100))
            case "wrong":
                contacts.set_wrong(uow, one.id, at)
            case "right":
                contacts.set_right(uow, one.id, at)
            case _:
                raise FieldRefused("what", "unknown_choice")
    return to_person(person_id, "saved")


def _described(uow: UnitOfWork) -> Described:
    owner = typed_id("owner")
    if owner is not None:
        owner = scoped_person(uow, owner).id
    return Described(typed_word("label", 32), owner, typed_choice("line", ContactKind))
