"""Mistakes that somebody heard of and may not mend himself: told here, checked by whoever keeps the records."""

from __future__ import annotations

from sqlalchemy import select

from core.uow import UnitOfWork
from directory.errors import CorrectionNotFound, FieldRefused
from directory.events import CorrectionSettled, CorrectionTold
from directory.models import Correction
from directory.service.people import held, place_of, rows_of


def tell_mistake(uow: UnitOfWork, person_id: int, words: str) -> Correction:
    """Note what is said to be wrong about a person; the committee is asked to check it.

    Raises PersonNotFound, and FieldRefused without words.
    """
    if not words.strip():
        raise FieldRefused("words", "words_missing")
    person = held(uow, person_id)
    told = Correction(person_id=person.id, words=words.strip(), told_by=uow.actor, told_at=uow.now)
    uow.session.add(told)
    uow.session.flush()  # who reacts is told its id
    place = place_of(uow, person)
    uow.audit("correction.told", f"person:{person.id}", place=place, correction=told.id)
    uow.announce(CorrectionTold(told.id, place))
    return told


def settle(uow: UnitOfWork, person_id: int, correction_id: int, *, is_right: bool) -> Correction:
    """It was looked at: true and mended, or not so. Raises CorrectionNotFound."""
    told = uow.session.scalar(
        select(Correction)
        .where(
            Correction.id == correction_id,
            Correction.person_id.in_(rows_of(person_id)),
            Correction.settled_at.is_(None),
        )
        .with_for_update()
    )
    if told is None:
        raise CorrectionNotFound
    told.is_right, told.settled_at, told.settled_by = is_right, uow.now, uow.actor
    place = place_of(uow, held(uow, person_id))
    uow.audit("correction.settled", f"person:{person_id}", place=place, correction=told.id, is_right=is_right)
    uow.announce(CorrectionSettled(told.id))
    return told
