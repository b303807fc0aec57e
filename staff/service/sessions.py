"""Sessions: begun, seen, and ended one by one or all together."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, update

from core.uow import UnitOfWork
from staff.device import device
from staff.models import SignedIn
from staff.queries import CurrentUser, token_hash

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)


def begin_session(
    uow: UnitOfWork, user_id: int, *, user_agent: str = "", second_factor_at: datetime | None, is_half: bool = False
) -> str:
    """Begin a session; the token for its cookie. One that still lacks its second factor is short."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    limits = uow.policy.sign_in
    uow.session.add(
        SignedIn(
            token_hash=token_hash(token),
            user_id=user_id,
            began_at=uow.now,
            ends_at=uow.now + (limits.code_within if is_half else limits.session_lasts),
            last_seen_at=uow.now,
            second_factor_at=second_factor_at,
            device=device(user_agent),
        )
    )
    uow.session.flush()  # sessions are read and ended by statement, also later in this unit
    log.info("user %s signed in%s", user_id, ", second factor due" if is_half else "")
    return token


def see(uow: UnitOfWork, user: CurrentUser) -> None:
    """Note that a session is used, at most once a minute. A clock that was turned back counts as used."""
    last = user.last_seen_at
    if last is None or abs(uow.now - last) >= SEEN_EVERY:
        uow.session.execute(update(SignedIn).where(SignedIn.id == user.session_id).values(last_seen_at=uow.now))


def sign_out(uow: UnitOfWork, token: str) -> None:
    """End a session. An unknown or ended one is no matter."""
    _end(uow, SignedIn.token_hash == token_hash(token))


def end_session(uow: UnitOfWork, user_id: int, session_id: int) -> bool:
    """End one session of this user; False when it is not his or over already."""
    return _end(uow, SignedIn.user_id == user_id, SignedIn.id == session_id) > 0


def end_sessions(uow: UnitOfWork, user_id: int, *, but: int | None = None) -> int:
    """End all sessions of a user, or all but one; how many there were."""
    others = () if but is None else (SignedIn.id != but,)
    return _end(uow, SignedIn.user_id == user_id, *others)


def _end(uow: UnitOfWork, *which: ColumnElement[bool]) -> int:
    ended = uow.session.execute(
        update(SignedIn)
        .where(*which, SignedIn.ended_at.is_(None), SignedIn.ends_at > uow.now)
        .values(ended_at=uow.now)
        .returning(SignedIn.id)
    )
    return len(ended.all())
