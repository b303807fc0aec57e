"""What is changed by hand on the card of a household. A refused form stays as it was typed."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from console.paging import is_id, read_id
from console.routes.answering import in_place, on_household, to_household
from console.routes.blueprint import bp
from console.routes.people import scoped_household
from console.routes.people_forms import (
    needed_choice,
    needed_day,
    typed_choice,
    typed_community,
    typed_day,
    typed_id,
    typed_word,
)
from core.uow import UnitOfWork, unit_of_work
from directory.errors import FlagNotFound
from directory.models import FlagKind, ResidenceKind
from directory.service import flags, people, residence
from staff.guard import actor, needs


@bp.post("/households/<int:household_id>/describe")
@needs("people.write")
@in_place(on_household)
def describe_household(household_id: int) -> ResponseReturnValue:
    """Note and language of a household."""
    with unit_of_work(actor()) as uow:
        scoped_household(uow, household_id)
        seen = request.form.get("mark", "")
        people.describe(uow, household_id, note=typed_word("note"), lang=typed_word("lang"), seen=seen)
    return to_household(household_id, "saved")


@bp.post("/households/<int:household_id>/head")
@needs("people.write")
@in_place(on_household)
def name_head(household_id: int) -> ResponseReturnValue:
    """Who is head. The form says who was when it was drawn."""
    with unit_of_work(actor()) as uow:
        scoped_household(uow, household_id)
        people.set_head(uow, household_id, typed_id("head"), instead_of=typed_id("was"))
    return to_household(household_id, "saved")


@bp.post("/households/<int:household_id>/move")
@needs("people.write")
@in_place(on_household)
def move_household(household_id: int) -> ResponseReturnValue:
    """Some of a household, or all, live elsewhere from a day on."""
    with unit_of_work(actor()) as uow:
        home = scoped_household(uow, household_id)
        here = {person.id for person in home.persons}
        moving = [number for word in request.form.getlist("who") if (number := read_id(word)) in here]
        move_as_typed(uow, [number for number in moving if number is not None])
    return to_household(household_id, "moved")


@bp.post("/households/<int:household_id>/flags")
@needs("flags.write")
@in_place(on_household)
def raise_flag(household_id: int) -> ResponseReturnValue:
    """Note a risk or a need, until a day."""
    with unit_of_work(actor()) as uow:
        scoped_household(uow, household_id)
        kind = needed_choice("kind", FlagKind)
        flags.raise_flag(uow, household_id, kind, note=typed_word("note", 200), until=typed_day("until"))
    return to_household(household_id, "flag_raised")


@bp.post("/households/<int:household_id>/flags/<int:flag_id>/end")
@needs("flags.write")
@in_place(on_household)
def end_flag(household_id: int, flag_id: int) -> ResponseReturnValue:
    """It is not so any more."""
    with unit_of_work(actor()) as uow:
        scoped_household(uow, household_id)
        if not is_id(flag_id):
            raise FlagNotFound
        flags.end_flag(uow, household_id, flag_id)
    return to_household(household_id, "flag_ended")


def move_as_typed(uow: UnitOfWork, person_ids: list[int]) -> None:
    """These persons live from a day on where the form says."""
    kind = typed_choice("kind", ResidenceKind) or ResidenceKind.UNKNOWN
    code = typed_community(uow)
    residence.move_together(uow, person_ids, code, typed_word("address", 200), needed_day("on"), kind)
