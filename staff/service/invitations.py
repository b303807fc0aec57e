"""Invitations: a link that lets somebody choose his own password, once."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update

from core.uow import UnitOfWork
from staff import passwords
from staff.errors import InvitationOver, NobodyIsShutOutAndInvited, WeakPassword
from staff.models import Invitation, User
from staff.passwords import Weakness
from staff.queries import token_hash
from staff.service import links
from staff.service.hashing import hashed
from staff.service.sessions import begin_session, end_sessions
from staff.service.sign_in import SignIn

TOKEN_BYTES = 32
PATH = "/welcome/"


def invite(uow: UnitOfWork, user: User, *, lasts: timedelta | None = None) -> str:
    """Make a new link for a user and withdraw the ones before; its address, which is stored nowhere.

    Raises NobodyIsShutOutAndInvited.
    """
    if not user.is_active:
        raise NobodyIsShutOutAndInvited
    links.withdraw(uow, user.id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = Invitation(
        token_hash=token_hash(token),
        user_id=user.id,
        invited_by=uow.actor,
        invited_at=uow.now,
        ends_at=uow.now + (lasts or uow.policy.sign_in.invitation_lasts),
    )
    uow.session.add(made)
    uow.session.flush()  # a later invitation withdraws it by statement, also in this unit
    uow.audit("user.invited", f"user:{user.id}", invitation=made.id, until=made.ends_at.isoformat())
    return f"{uow.settings.public_url.rstrip('/')}{PATH}{token}"


def invited(uow: UnitOfWork, token: str) -> User:
    """Whom a link is for. Raises InvitationOver when it is unknown, used, withdrawn or too old."""
    user = uow.session.scalar(
        select(User)
        .join(Invitation)
        .where(
            Invitation.token_hash == token_hash(token),
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.ends_at > uow.now,
            User.is_active,
        )
    )
    if user is None:
        raise InvitationOver
    return user


def accept(uow: UnitOfWork, token: str, new: str, again: str, *, user_agent: str = "") -> SignIn:
    """Choose a password by a link and begin a session; of two at the same moment one gets it.

    A weak password is a value, so that the page can say it; the link then stays good. Raises InvitationOver.
    """
    user = invited(uow, token)
    why = passwords.weakness(new, login=user.login) or (None if new == again else Weakness.NOT_TWICE)
    if why is not None:
        return SignIn(None, WeakPassword(why, passwords.SHORTEST))
    taken = uow.session.scalar(
        update(Invitation)
        .where(
            Invitation.token_hash == token_hash(token),
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(used_at=uow.now)
        .returning(Invitation.id)
    )
    if taken is None:
        raise InvitationOver
    uow.session.refresh(user, with_for_update=True)  # who shuts him out meanwhile ends the session, or comes first
    if not user.is_active:
        raise InvitationOver
    user.password_hash, user.password_since = hashed(new), uow.now
    user.must_change_password = False
    end_sessions(uow, user.id)
    uow.audit("invitation.used", f"user:{user.id}", invitation=taken)
    needs_code = user.totp_since is not None
    token = begin_session(uow, user.id, user_agent=user_agent, second_factor_at=None, is_half=needs_code)
    return SignIn(token, needs_code=needs_code)
