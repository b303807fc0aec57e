"""The open links of users: withdrawn when a newer one is made, and when nothing is to come of them any more."""

from __future__ import annotations

from sqlalchemy import update

from core.uow import UnitOfWork
from staff.models import Invitation


def withdraw(uow: UnitOfWork, user_id: int) -> int:
    """Withdraw the open links of a user; how many there were."""
    withdrawn = uow.session.scalars(
        update(Invitation)
        .where(
            Invitation.user_id == user_id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.ends_at > uow.now,
        )
        .values(withdrawn_at=uow.now)
        .returning(Invitation.id)
    ).all()
    for number in withdrawn:
        uow.audit("invitation.withdrawn", f"user:{user_id}", invitation=number)
    return len(withdrawn)
