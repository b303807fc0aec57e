"""What is said to be wrong about a person, and what became of it."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.paging import is_id
from console.routes.answering import in_place, on_person, to_person
from console.routes.blueprint import bp
from console.routes.people import scoped_person
from console.routes.people_forms import typed_word
from core.uow import unit_of_work
from directory.queries import people as queries
from directory.service import corrections
from staff.guard import actor, current_scope, needs


@bp.post("/persons/<int:person_id>/mistake")
@needs("people.read")
@in_place(on_person)
def tell_mistake(person_id: int) -> ResponseReturnValue:
    """Something about him is said to be wrong; whoever keeps the records checks it."""
    with unit_of_work(actor()) as uow:
        corrections.tell_mistake(uow, scoped_person(uow, person_id).id, typed_word("words"))
    return to_person(person_id, "mistake_told")


@bp.post("/persons/<int:person_id>/corrections/<int:correction_id>")
@needs("people.write")
@in_place(on_person)
def settle_mistake(person_id: int, correction_id: int) -> ResponseReturnValue:
    """It was looked at."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        told = correction_id if is_id(correction_id) else 0
        corrections.settle(uow, one.id, told, is_right=request.form.get("is_right") == "yes")
    return to_person(person_id, "mistake_settled")


@bp.get("/corrections/<int:correction_id>")
@needs("people.read")
def correction(correction_id: int) -> ResponseReturnValue:
    """From a task to the person whose record is said to be wrong."""
    with unit_of_work(actor()) as uow:
        about = queries.person_of_correction(uow.session, current_scope(), correction_id if is_id(correction_id) else 0)
        return redirect(url_for("console.person", person_id=about), code=303)
