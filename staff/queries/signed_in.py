"""Reads of users and sessions: who holds a token, what he still has to do before he goes on."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from staff.models import Grant, SignedIn, User
from staff.permissions import NEEDS_SECOND_FACTOR, Granted, in_force


class Due(StrEnum):
    """What a session has to do before it opens anything."""

    NOTHING = "nothing"
    CODE = "code"  # give the second factor
    PASSWORD = "password"  # noqa: S105 - replace a first password
    SET_UP = "set_up"  # set up the second factor that the role asks for


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """Who is signed in, with the grants that he has."""

    user_id: int
    login: str
    name: str
    lang: str  # zh, en; empty: as the browser asks
    must_change_password: bool
    grants: tuple[Granted, ...]
    session_id: int = 0
    began_at: datetime | None = None  # of this session
    last_seen_at: datetime | None = None
    has_second_factor: bool = False
    due: Due = Due.NOTHING


def user_of_token(session: Session, token: str, now: datetime, idle: timedelta | None = None) -> CurrentUser | None:
    """Who holds this session token at a moment; None when it is unknown, over, or the user is no longer active.

    With `idle` a session that was not used for so long is over, too.
    """
    found = (
        session.execute(
            select(SignedIn, User)
            .join(User, User.id == SignedIn.user_id)
            .where(SignedIn.token_hash == token_hash(token), *_open(now, idle), User.is_active)
            .options(joinedload(User.grants))
        )
        .unique()
        .one_or_none()
    )
    return _current(found[0], found[1], now) if found is not None else None


def sessions_of(session: Session, user_id: int, now: datetime, idle: timedelta) -> Sequence[SignedIn]:
    """The open sessions of a user, the last used one first."""
    return session.scalars(
        select(SignedIn)
        .where(SignedIn.user_id == user_id, *_open(now, idle))
        .order_by(func.coalesce(SignedIn.last_seen_at, SignedIn.began_at).desc(), SignedIn.id.desc())
    ).all()


def user_by_login(session: Session, login: str) -> User | None:
    """The user of this login, in any case of letters; logins are kept in lower case."""
    return session.scalar(select(User).where(User.login == written(login)))


def names_of(session: Session) -> dict[int, str]:
    """The names of all users by id, for the pages that show who did what."""
    return {row[0]: row[1] for row in session.execute(select(User.id, User.name))}


def token_hash(token: str) -> str:
    """What is kept of a session token. The token is 256 random bits, so a plain hash cannot be guessed back."""
    return sha256(token.encode()).hexdigest()


def written(login: str) -> str:
    """The one written form of a login: small letters, and of usual width however a Chinese keyboard typed them."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def granted(grant: Grant) -> Granted:
    """A row as the rules take it."""
    return Granted(grant.role, grant.jurisdiction_code, grant.from_at, grant.until_at)


def needs_second_factor(grants: Sequence[Granted], now: datetime) -> bool:
    """Whether a role that counts now asks for a second factor."""
    return any(grant.role in NEEDS_SECOND_FACTOR for grant in in_force(grants, now))


def _open(now: datetime, idle: timedelta | None) -> list[ColumnElement[bool]]:
    conditions = [SignedIn.ended_at.is_(None), SignedIn.ends_at > now]
    if idle is not None:
        conditions.append(func.coalesce(SignedIn.last_seen_at, SignedIn.began_at) > now - idle)
    return conditions


def _current(row: SignedIn, user: User, now: datetime) -> CurrentUser:
    grants = tuple(map(granted, user.grants))
    return CurrentUser(
        user_id=user.id,
        login=user.login,
        name=user.name,
        lang=user.lang,
        must_change_password=user.must_change_password,
        grants=grants,
        session_id=row.id,
        began_at=row.began_at,
        last_seen_at=row.last_seen_at,
        has_second_factor=user.totp_since is not None,
        due=_due(row, user, grants, now),
    )


def _due(row: SignedIn, user: User, grants: Sequence[Granted], now: datetime) -> Due:
    """The code first: who only has the password may not even replace it."""
    if user.totp_since is not None and row.second_factor_at is None:
        return Due.CODE
    if user.must_change_password:
        return Due.PASSWORD
    if user.totp_since is None and needs_second_factor(grants, now):
        return Due.SET_UP
    return Due.NOTHING
