"""The card of a household and of a person, and the question for what, for who does not work with them every day."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import masking
from console.cards import household_page, may_at, person_page, wish_now
from console.errors import ReasonSaysNothing, TooManyWords
from console.paging import is_id
from console.routes.blueprint import bp, show
from console.source_words import FIELDS, who
from console.words import place_name
from core import web
from core.uow import UnitOfWork, unit_of_work
from directory.errors import HouseholdNotFound, PersonNotFound
from directory.models import Household, Person
from directory.queries import people as queries
from staff.guard import actor, current_scope, needs


@bp.get("/households/<int:household_id>")
@needs("people.read")
def household(household_id: int) -> ResponseReturnValue:
    """A household. Who does not work with it every day is asked why first."""
    with unit_of_work(actor()) as uow:
        home = scoped_household(uow, household_id)
        if not may_at(uow, home.community_code).freely:
            return show("people_purpose.html", uow, page=_gate(home, None))
        return show("household.html", uow, page=household_page(uow, household_id))


@bp.post("/households/<int:household_id>")
@needs("people.read")
def household_for_purpose(household_id: int) -> ResponseReturnValue:
    """The card for who says why; the reason is written down, and nothing of it is kept for the next time."""
    with unit_of_work(actor()) as uow:
        home = scoped_household(uow, household_id)
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


def scoped_person(uow: UnitOfWork, person_id: int) -> Person:
    """A person of the reader's area. Raises PersonNotFound."""
    if not is_id(person_id):
        raise PersonNotFound
    return queries.person(uow.session, current_scope(), person_id)


def scoped_household(uow: UnitOfWork, household_id: int) -> Household:
    """A household of the reader's area. Raises HouseholdNotFound."""
    if not is_id(household_id):
        raise HouseholdNotFound
    return queries.household(uow.session, current_scope(), household_id)


def _gate(home: Household, one: Person | None, reason: str = "", refusal: str = "") -> dict[str, Any]:
    to_person = one is not None and url_for("console.person", person_id=one.id)
    return {
        "action": to_person or url_for("console.household", household_id=home.id),
        "place": place_name(home.community),
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


@bp.context_processor
def _pieces_of_cards() -> dict[str, object]:
    return {"wish_now": wish_now, "known_fields": FIELDS, "told_by": lambda source: who(source, {})}


def day_told(day: date | None) -> str:
    """A day of somebody's life, with its year; a dash for none."""
    return day.isoformat() if day is not None else "–"


bp.add_app_template_filter(day_told, "day_told")
