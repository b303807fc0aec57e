"""Sensitive labels: those of a person, given, looked at again and ended, and those that are due."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from console.paging import is_id, read_id
from console.routes.answering import Named, in_place, told
from console.routes.blueprint import bp, show
from console.routes.people import scoped_person
from console.routes.people_forms import needed_choice, typed_day, typed_word
from console.source_words import who
from console.typed import NOTHING_TYPED, Typed, read_day
from console.words import moment
from core.uow import UnitOfWork, unit_of_work
from directory.errors import LabelNotFound
from directory.models import LabelKind
from directory.queries import cards
from directory.service import labels
from staff import queries as staff_queries
from staff.guard import actor, current_scope, needs


def _again(uow: UnitOfWork, named: Named, typed: Typed) -> str:
    return _labels_page(uow, named["person_id"], typed)


@bp.get("/persons/<int:person_id>/labels")
@needs("labels.see")
def person_labels(person_id: int) -> ResponseReturnValue:
    """The sensitive labels of one person; each look is written down."""
    with unit_of_work(actor()) as uow:
        return _labels_page(uow, person_id)


@bp.post("/persons/<int:person_id>/labels")
@needs("labels.write")
@in_place(_again)
def give_label(person_id: int) -> ResponseReturnValue:
    """Mark somebody, on a basis, until it is looked at again."""
    with unit_of_work(actor()) as uow:
        kind = needed_choice("kind", LabelKind)
        one = scoped_person(uow, person_id)
        labels.give_label(uow, one.id, kind, basis=typed_word("basis", 200), review_by=typed_day("review_by"))
    return told("label_given", url_for("console.person_labels", person_id=person_id))


@bp.post("/persons/<int:person_id>/labels/<int:label_id>")
@needs("labels.write")
@in_place(_again)
def change_label(person_id: int, label_id: int) -> ResponseReturnValue:
    """It holds on until another look, or it is over."""
    with unit_of_work(actor()) as uow:
        one = scoped_person(uow, person_id)
        if not is_id(label_id):
            raise LabelNotFound
        if request.form.get("what") == "end":
            labels.end_label(uow, one.id, label_id)
        else:
            labels.review_label(uow, one.id, label_id, typed_day("review_by"))
    return told("saved", url_for("console.person_labels", person_id=person_id))


@bp.get("/labels")
@needs("labels.see")
def labels_due() -> ResponseReturnValue:
    """The labels that somebody has to look at again, the most overdue first."""
    with unit_of_work(actor()) as uow:
        day, _, last = request.args.get("after", "").partition("~")
        at, number = read_day(day), read_id(last)
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
