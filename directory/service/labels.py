"""Sensitive labels of a person: who gives one says on what basis, and when it has to be looked at again."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from core.uow import UnitOfWork
from directory.errors import FieldRefused, LabelNotFound
from directory.models import Label, LabelKind
from directory.service.people import held, place_of, rows_of


def give_label(uow: UnitOfWork, person_id: int, kind: LabelKind, *, basis: str, review_by: date | None = None) -> Label:
    """Mark a person. `basis` says why we may; `review_by` is when somebody looks again, None: as the policy says.

    Raises PersonNotFound, and FieldRefused without a basis, for a day that is over, or when the label is there.
    """
    person = held(uow, person_id)
    if not basis.strip():
        raise FieldRefused("basis", "basis_missing")
    due = _due(uow, review_by)
    mine = Label.person_id.in_(rows_of(person_id))
    standing = select(Label.id).where(mine, Label.kind == kind, Label.ended_at.is_(None))
    if uow.session.scalar(standing.limit(1)) is not None:
        raise FieldRefused("kind", "label_there")
    label = Label(
        person_id=person_id,
        kind=kind,
        basis=basis.strip(),
        from_on=uow.local_now.date(),
        review_by=due,
        added_by=uow.actor,
    )
    uow.session.add(label)
    uow.session.flush()  # the log names its id
    uow.audit("label.given", f"person:{person_id}", place=place_of(uow, person), label=label.id)
    return label


def review_label(uow: UnitOfWork, person_id: int, label_id: int, review_by: date | None = None) -> Label:
    """It still holds: look again on that day. Raises LabelNotFound or FieldRefused."""
    label = _held(uow, person_id, label_id)
    label.review_by = _due(uow, review_by)
    uow.audit("label.reviewed", f"person:{person_id}", place=place_of(uow, held(uow, person_id)), label=label.id)
    return label


def end_label(uow: UnitOfWork, person_id: int, label_id: int) -> Label:
    """It does not hold any more. Raises LabelNotFound."""
    label = _held(uow, person_id, label_id)
    label.ended_at, label.ended_by = uow.now, uow.actor
    uow.audit("label.ended", f"person:{person_id}", place=place_of(uow, held(uow, person_id)), label=label.id)
    return label


def _due(uow: UnitOfWork, review_by: date | None) -> date:
    today = uow.local_now.date()
    due = review_by or today + uow.policy.directory.label_review_after
    if due <= today:
        raise FieldRefused("review_by", "day_over")
    return due


def _held(uow: UnitOfWork, person_id: int, label_id: int) -> Label:
    label = uow.session.scalar(
        select(Label)
        .where(Label.id == label_id, Label.person_id.in_(rows_of(person_id)), Label.ended_at.is_(None))
        .with_for_update()
    )
    if label is None:
        raise LabelNotFound
    return label
