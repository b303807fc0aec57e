"""What goes of signing in when it is old: tries, sessions, invitations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, select

from core.retention import Kind
from core.uow import UnitOfWork
from staff.models import Invitation, SignedIn, SignInTry


def old_tries(before: datetime) -> Select[int]:
    """Failed tries at signing in from before this."""
    return select(SignInTry.id).where(SignInTry.at < before)


def old_sessions(before: datetime) -> Select[int]:
    """Sessions that were over before this."""
    return select(SignedIn.id).where(func.least(SignedIn.ends_at, SignedIn.ended_at) < before)


def old_invitations(before: datetime) -> Select[int]:
    """Invitations that were over before this."""
    return select(Invitation.id).where(Invitation.ends_at < before)


def remove_tries(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Delete these tries."""
    uow.session.execute(delete(SignInTry).where(SignInTry.id.in_(ids)))


def remove_sessions(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Delete these sessions."""
    uow.session.execute(delete(SignedIn).where(SignedIn.id.in_(ids)))


def remove_invitations(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Delete these invitations."""
    uow.session.execute(delete(Invitation).where(Invitation.id.in_(ids)))


KINDS = (
    Kind("sign_in_tries", 30, due=old_tries, remove=remove_tries),
    Kind("sessions", 183, due=old_sessions, remove=remove_sessions),
    Kind("invitations", 183, due=old_invitations, remove=remove_invitations),
)
