"""Reads of users and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from staff.models import Grant, SignedIn, User
from staff.permissions import Granted


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """Who is signed in, with the grants that he has."""

    user_id: int
    login: str
    name: str
    lang: str
    must_change_password: bool
    grants: tuple[Granted, ...]


def user_of_token(session: Session, token: str, now: datetime) -> CurrentUser | None:
    """Who holds this session token at a moment; None when it is unknown, over, or the user is no longer active."""
    user = session.scalar(
        select(User)
        .join(SignedIn)
        .where(
            SignedIn.token_hash == token_hash(token),
            SignedIn.ended_at.is_(None),
            SignedIn.ends_at > now,
            User.is_active,
        )
        .options(joinedload(User.grants))
    )
    return _current(user) if user is not None else None


def user_by_login(session: Session, login: str) -> User | None:
    """The user of this login, in any case of letters; logins are kept in lower case."""
    return session.scalar(select(User).where(User.login == written(login)))


def names_of(session: Session) -> dict[int, str]:
    """The names of all users by id, for the pages that show who did what."""
    return dict(session.execute(select(User.id, User.name)).tuples().all())


def token_hash(token: str) -> str:
    """What is kept of a session token. The token is 256 random bits, so a plain hash cannot be guessed back."""
    return sha256(token.encode()).hexdigest()


def written(login: str) -> str:
    """The one written form of a login."""
    return login.strip().casefold()


def _current(user: User) -> CurrentUser:
    return CurrentUser(
        user.id, user.login, user.name, user.lang, user.must_change_password, tuple(map(_granted, user.grants))
    )


def _granted(grant: Grant) -> Granted:
    return Granted(grant.role, grant.jurisdiction_code, grant.from_at, grant.until_at)
