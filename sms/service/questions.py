"""The questions that wait for an answer: opened, renewed, closed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from core.uow import UnitOfWork
from sms.models import OpenQuestion


def open_question(
    uow: UnitOfWork,
    msisdn: str,
    kind: str,
    about: str = "",
    reference: int | None = None,
    lasts: timedelta | None = None,
) -> None:
    """Note that we wait for an answer of this number. One question of a kind about one ticket: an older is renewed."""
    expires_at = uow.now + (lasts if lasts is not None else uow.policy.sms.question_lasts)
    renewed = uow.session.scalars(
        update(OpenQuestion)
        .where(
            OpenQuestion.msisdn == msisdn,
            OpenQuestion.kind == kind,
            OpenQuestion.about == about,
            OpenQuestion.closed_at.is_(None),
        )
        .values(reference=reference, asked_at=uow.now, expires_at=expires_at)
        .returning(OpenQuestion.id)
    ).all()
    if not renewed:
        uow.session.add(
            OpenQuestion(
                msisdn=msisdn, kind=kind, about=about, reference=reference, asked_at=uow.now, expires_at=expires_at
            )
        )
        uow.session.flush()  # questions are found and closed by statement, also later in this unit


def close_questions(
    uow: UnitOfWork,
    *,
    kind: str | None = None,
    reference: int | None = None,
    about: str | None = None,
    msisdn: str | None = None,
) -> int:
    """End the open questions that match everything named. At least a reference, a code or a number must be named."""
    named = {
        OpenQuestion.kind: kind,
        OpenQuestion.reference: reference,
        OpenQuestion.about: about,
        OpenQuestion.msisdn: msisdn,
    }
    if reference is None and about is None and msisdn is None:
        raise ValueError("which questions to close must be said")
    closed = (
        update(OpenQuestion)
        .where(
            OpenQuestion.closed_at.is_(None),
            *(column == value for column, value in named.items() if value is not None),
        )
        .values(closed_at=uow.now)
        .returning(OpenQuestion.id)
    )
    return len(uow.session.scalars(closed).all())
